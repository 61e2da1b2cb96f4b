// Graphs from outside: what the tracer made passes and trains to the same bits; whatever passes can be planned;
// and damage of any kind ends in a typed error.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, GraphError, LockstepError, ShapeError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { leakyRelu } from '../layers/activations.js';
import { linear } from '../layers/linear.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import type { Model } from '../model/model.js';
import { mul } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import type { RunPlan } from '../run/run-plan.js';
import { Random } from '../testing/random.js';
import { randomProblem } from '../testing/random-model.js';
import { takeSteps } from '../testing/take-steps.js';
import { toyDataset } from '../testing/toy-data.js';
import { copy, GRAPHS, type Json, labelled, planFor, valued } from '../testing/valid-graphs.js';
import { attachLoss } from './attach-loss.js';
import { validateGraph } from './validate.js';

const UNPRINTABLE = JSON.parse('{"toString": 1, "valueOf": 1}');

describe('a traced graph', () => {
  test.each(Object.entries(GRAPHS))('%s survives JSON and validation unchanged', (_, graph) => {
    expect(validateGraph(copy(graph))).toEqual(copy(graph));
    expect(JSON.stringify(validateGraph(copy(graph)))).toBe(JSON.stringify(graph));
  });

  test.each(Object.entries(GRAPHS))('%s trains to the same bits after it', (name, graph) => {
    const data = name === 'cross-entropy' ? labelled : valued;
    const direct = takeSteps(planFor(graph), data, 4);
    expect(takeSteps(planFor(validateGraph(copy(graph))), data, 4)).toEqual(direct);
  });

  test('of any random model passes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.integer({ min: 0, max: 20 }), (seed, operators) => {
        const { graph } = randomProblem({ seed, operators, rows: 1 });
        expect(JSON.stringify(validateGraph(copy(graph)))).toBe(JSON.stringify(graph));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('keeps no negative zero, which JSON would lose', () => {
    const model: Model = (x, scope) => leakyRelu(mul(linear(2, 1)(x, scope), -0), -0);
    const { nodes } = traceModel(model, [2]);
    const values = nodes.flatMap(({ attributes: { value, slope } }) => value ?? slope ?? []);
    expect(values).toEqual([0, 0]);
    const graph = copy(traceModel(model, [2]));
    for (const { attributes } of graph.nodes) if ('value' in attributes) attributes.value = -0;
    const validated = validateGraph(graph).nodes.flatMap(
      ({ attributes }) => attributes.value ?? [],
    );
    expect(validated).toEqual([0]);
  });
});

test('a valid graph that needs more than WebAssembly can address is refused before anything is allocated', () => {
  const size = 2 ** 14;
  const graph = validateGraph(
    copy(
      attachLoss(
        traceModel(linear(size, size - 8, { bias: false }), [size]),
        meanSquaredError(),
        toyDataset({ samples: 1, inputShape: [1], targetShape: [size - 8] }),
      ),
    ),
  );
  const before = process.memoryUsage().arrayBuffers;
  expect(() => planFor(graph)).toThrow(ConfigError);
  expect(() => planFor(graph)).toThrow(/MiB, WebAssembly can address/);
  // The parameters alone would be 1 GiB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
});

const NASTY: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  2,
  3,
  -1,
  0.5,
  1e9,
  2 ** 31,
  2 ** 53,
  1e308,
  JSON.parse('1e999'),
  JSON.parse('-0'),
  Number.NaN,
  '',
  'N',
  'sum',
  'max',
  'input',
  'labels',
  'target',
  'matmulTransposed',
  'transpose',
  '__proto__',
  'constructor',
  [],
  ['N'],
  ['N', 3],
  [1, 0],
  [[]],
  {},
  { kind: 'zeros' },
  UNPRINTABLE,
];

/** Every place of a JSON value, as its container and key. */
function placesIn(json: Json, places: [Json, string | number][] = []): [Json, string | number][] {
  if (typeof json !== 'object' || json === null) return places;
  for (const key of Object.keys(json)) {
    places.push([json, Array.isArray(json) ? Number(key) : key]);
    placesIn(json[key], places);
  }
  return places;
}

/** Damages a graph in one place. */
function mutate(graph: Json, random: Random): void {
  const places = placesIn(graph);
  const [container, key] = random.pick(places);
  const [otherContainer, otherKey] = random.pick(places);
  random.pick([
    () => (container[key] = random.pick(NASTY)),
    () => (container[key] = random.pick(NASTY)),
    () => (container[key] = structuredClone(otherContainer[otherKey])),
    () => {
      const value = container[key];
      if (typeof value === 'number') container[key] = value + random.pick([-1, 1, 2, 0.5, 1e6]);
    },
    () => (Array.isArray(container) ? container.splice(Number(key), 1) : delete container[key]),
    () => {
      if (Array.isArray(container)) container.splice(Number(key), 0, random.pick(NASTY));
      else container[random.pick(['x', '__proto__', 'toString', 'shape'])] = random.pick(NASTY);
    },
    () => {
      if (Array.isArray(container)) container.push(structuredClone(container[0]));
    },
  ])();
}

test('6,000 random mutations: each is refused with a typed error, or valid, and then it can be planned', () => {
  const random = new Random(20);
  const graphs = Object.values(GRAPHS);
  let valid = 0;
  let ran = 0;
  for (let round = 0; round < 6000; round++) {
    const json = copy(random.pick(graphs));
    for (let count = random.integer(1, 3); count > 0; count--) mutate(json, random);
    let graph: Graph;
    try {
      graph = validateGraph(json);
    } catch (error) {
      if (error instanceof GraphError || error instanceof ShapeError) continue;
      throw error;
    }
    valid++;
    // Validation is idempotent, and what it returns says the same as what came in.
    expect(validateGraph(copy(graph))).toEqual(graph);
    let plan: RunPlan;
    try {
      plan = planFor(graph);
    } catch (error) {
      if (error instanceof LockstepError) continue;
      throw error;
    }
    if (plan.memory.bytes > 2 ** 22 || ran >= 300) continue;
    ran++;
    const at = (ops: readonly string[]) => graph.nodes.find(({ op }) => ops.includes(op));
    const classes = at(['labels']) && 3;
    const data = toyDataset({
      samples: 10,
      inputShape: (at(['input'])?.shape.slice(1) ?? []) as number[],
      targetShape: (at(['target'])?.shape.slice(1) ?? []) as number[],
      ...(classes && { classes }),
    });
    takeSteps(plan, data, 1);
  }
  // Most damage is found; some is a graph of its own.
  expect(valid).toBeGreaterThan(300);
  expect(ran).toBe(300);
});
