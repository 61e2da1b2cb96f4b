// Graphs from outside whose operators have attributes that nobody would write, and say the shapes that follow from them: every
// attribute of every operator of the random models, one at a time. Each is refused with a typed error and without room being made
// for it, or is a graph that can be planned; and what is small is computed, and comes to what the reference says.
import { describe, expect, test } from 'vitest';
import { LockstepError } from '../errors.js';
import { runReference } from '../execute/reference.js';
import type { Graph } from '../graph/graph.js';
import type { Operator } from '../ops/operator.js';
import { operatorNamed, operatorNames } from '../ops/registry.js';
import { randomProblem } from '../testing/random-model.js';
import type { Problem } from '../testing/reference-gradients.js';
import { planProblem, runProgram } from '../testing/run-program.js';
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

/** For each operator, a small model that has it. */
function modelsByOperator(): Map<string, Problem> {
  const found = new Map<string, Problem>();
  for (let seed = 0; seed < 700; seed++) {
    const problem = randomProblem({ seed, operators: 1 + (seed % 5), rows: 2 });
    for (const { op } of problem.graph.nodes) if (!found.has(op)) found.set(op, problem);
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

/** @returns the graph, if it is valid, reads what the problem has, and is small */
function refusedOrPlanned(problem: Problem, json: Json, what: string): Graph | undefined {
  const before = process.memoryUsage().arrayBuffers;
  try {
    const graph = validateGraph(json);
    expect(validateGraph(copy(graph)), what).toEqual(graph);
    if (isOf(problem, graph)) {
      const { program } = planProblem({ ...problem, graph });
      return program.arenaBytes < 2 ** 20 ? graph : undefined;
    }
    planFor(graph);
  } catch (error) {
    if (!(error instanceof LockstepError)) throw new Error(what, { cause: error });
  } finally {
    // What is planned is laid out, and not allocated.
    expect(process.memoryUsage().arrayBuffers - before, what).toBeLessThan(2 ** 22);
  }
  return undefined;
}

/** Whether the problem's numbers are those that a graph reads. */
function isOf(problem: Problem, graph: Graph): boolean {
  const read = ({ nodes }: Graph) => nodes.filter(({ op }) => operatorNamed(op).kind === 'source');
  return JSON.stringify(read(graph)) === JSON.stringify(read(problem.graph));
}

/** A read or a write outside of a tensor is another one's numbers, or NaN, where programs are run by hand. */
function expectSameLoss(problem: Problem, what: string): void {
  const { loss } = runReference(problem.graph, { ...problem, precision: 'f32' });
  const sum = Array.from<number>(loss!.data).reduce((total, value) => total + value, 0);
  const { lossSum } = runProgram(problem);
  if (Math.abs(sum) < 1e30) {
    expect(Math.abs(lossSum - sum), what).toBeLessThan(1e-4 * Math.max(1, Math.abs(sum)));
  }
}

describe('an attribute that nobody would write is refused, or can be planned and computed', () => {
  const names = [...MODELS.keys()].filter((op) => attributesOf(operatorNamed(op)).length > 0);

  test.each(names.sort())('%s', (op) => {
    const problem = MODELS.get(op)!;
    const index = problem.graph.nodes.findIndex((node) => node.op === op);
    const rules = { ...operatorNamed(op).attributes, ...operatorNamed(op).optionalAttributes };
    const look = (json: Json, name: string, what: string): void => {
      const graph = refusedOrPlanned(problem, json, what);
      // Sizes and places say what is read; numbers of any size make any numbers.
      if (graph && rules[name] !== 'finite') expectSameLoss({ ...problem, graph }, what);
    };
    for (const name of attributesOf(operatorNamed(op))) {
      for (const [what, json] of damaged(problem.graph, index, name)) {
        if (!isOfRules(json.nodes[index].attributes[name])) look(json, name, what);
        else {
          const stated = copy(json);
          adoptShapes(json, index);
          look(json, name, `${what}, with its shapes`);
          if (JSON.stringify(stated) !== JSON.stringify(json)) look(stated, name, what);
        }
      }
    }
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
