// Graphs from outside whose operators have attributes that nobody would write, and say the shapes that follow from them: every
// attribute of every operator of the random models, one at a time. Each is refused with a typed error and without room being made
// for it, or is a graph that can be planned.
import { describe, expect, test } from 'vitest';
import { GraphError, LockstepError, ShapeError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Operator } from '../ops/operator.js';
import { operatorNamed, operatorNames } from '../ops/registry.js';
import { randomProblem } from '../testing/random-model.js';
import { copy, type Json, planFor } from '../testing/valid-graphs.js';
import { validateGraph } from './validate.js';

const NUMBERS: readonly unknown[] = [
  ...[
    0,
    1,
    2,
    7,
    65,
    2 ** 16,
    2 ** 24,
    2 ** 28,
    2 ** 28 + 1,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    2 ** 32 + 1,
  ],
  ...[
    2 ** 53 - 1,
    2 ** 53,
    0.5,
    -0.5,
    -1,
    1e-45,
    1e-60,
    3e38,
    -3e38,
    1e39,
    Number.NaN,
    Infinity,
    -Infinity,
  ],
];

const OTHERS: readonly unknown[] = [
  ...[
    undefined,
    null,
    true,
    '',
    '1',
    'N',
    {},
    [],
    [0],
    [1],
    ['N'],
    ['N', 1],
    ['N', 2 ** 28],
    ['N', 0],
  ],
  ...[
    [1, 2],
    [-1, -1],
    [1.5, 1],
    [2 ** 20, 2 ** 20],
    [2 ** 31, 2 ** 31],
    ['N', 2 ** 31, 2 ** 31],
  ],
  ...[
    [1, 1, 1, 1, 1, 1, 1],
    [[1]],
    { length: 2 ** 32 },
    JSON.parse('['.repeat(500) + ']'.repeat(500)),
  ],
];

/** For each operator with attributes, a small model that has it. */
function modelsByOperator(): Map<string, Graph> {
  const found = new Map<string, Graph>();
  for (let seed = 0; seed < 1500; seed++) {
    const { graph } = randomProblem({ seed, operators: 1 + (seed % 5), rows: 1 });
    for (const { op } of graph.nodes) if (!found.has(op)) found.set(op, graph);
  }
  return found;
}

const MODELS = modelsByOperator();

function attributesOf({ attributes, optionalAttributes }: Operator): string[] {
  return Object.keys({ ...attributes, ...optionalAttributes });
}

/** A graph with one attribute, or one element of it, changed. */
function* damaged(graph: Graph, index: number, name: string): Iterable<readonly [string, Json]> {
  for (const value of [...NUMBERS, ...OTHERS]) {
    const whole = copy(graph);
    whole.nodes[index].attributes[name] = value;
    yield [`${name} ${String(value).slice(0, 30)}`, whole];
  }
  const list = graph.nodes[index]!.attributes[name];
  for (const place of Array.isArray(list) ? list.keys() : []) {
    for (const value of ['N', ...NUMBERS]) {
      const part = copy(graph);
      part.nodes[index].attributes[name][place] = value;
      yield [`${name}[${place}] ${value}`, part];
    }
  }
}

/** The nodes from `index` on say the shapes that their rules give, as far as they give some. */
function adoptShapes(graph: Json, index: number): void {
  for (const node of graph.nodes.slice(index)) {
    const { kind, shape } = operatorNamed(node.op);
    if (kind === 'source' && node !== graph.nodes[index]) continue;
    const inputs = node.inputs.map((input: number) => graph.nodes[input]);
    try {
      node.shape = [...shape(inputs, node.attributes)];
    } catch {
      return;
    }
  }
}

/** Whether rules can be asked about it, as they are once attributes are checked. */
function isOfRules(value: unknown): boolean {
  return [value].flat().every((one) => typeof one === 'number' || one === 'N');
}

function expectRefusedOrPlanned(json: Json, what: string): void {
  let graph: Graph;
  try {
    graph = validateGraph(json);
  } catch (error) {
    if (error instanceof GraphError || error instanceof ShapeError) return;
    throw new Error(what, { cause: error });
  }
  expect(validateGraph(copy(graph)), what).toEqual(graph);
  try {
    planFor(graph);
  } catch (error) {
    if (!(error instanceof LockstepError)) throw new Error(what, { cause: error });
  }
}

describe('an attribute that nobody would write is refused, or can be planned', () => {
  const names = [...MODELS.keys()].filter((op) => attributesOf(operatorNamed(op)).length > 0);

  test.each(names.sort())('%s', (op) => {
    const graph = MODELS.get(op)!;
    const index = graph.nodes.findIndex((node) => node.op === op);
    const before = process.memoryUsage().arrayBuffers;
    for (const name of attributesOf(operatorNamed(op))) {
      for (const [what, json] of damaged(graph, index, name)) {
        expectRefusedOrPlanned(structuredClone(json), what);
        if (!isOfRules(json.nodes[index].attributes[name])) continue;
        adoptShapes(json, index);
        expectRefusedOrPlanned(json, `${what}, with its shapes`);
      }
    }
    // What was planned is laid out, and not allocated.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  test('the random models have most operators of models', () => {
    const others = operatorNames().filter((op) => operatorNamed(op).inModels && !MODELS.has(op));
    // Of buffers and batches, of tokens and positions, and one that is nothing forward.
    expect(others.sort()).toEqual([
      ...['batchSum', 'buffer', 'differsFrom', 'positionCrossEntropy', 'rotary', 'shardSize'],
      'stopGradient',
    ]);
  });
});
