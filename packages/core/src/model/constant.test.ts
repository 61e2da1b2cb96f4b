// Constants of a model: written as numbers and lists, kept once in the graph, read by both executors alike.
import { describe, expect, test } from 'vitest';
import { ConfigError, DataError, GraphError, ShapeError } from '../errors.js';
import { runReference } from '../execute/reference.js';
import { fit } from '../fit.js';
import type { Graph } from '../graph/graph.js';
import { linear } from '../layers/linear.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { attachLoss } from '../network/attach-loss.js';
import { validateGraph } from '../network/validate.js';
import { sgd } from '../optimizers/sgd.js';
import { Random } from '../testing/random.js';
import { referenceGradients } from '../testing/reference-gradients.js';
import { planProblem, runProgram } from '../testing/run-program.js';
import { type Model, sequential } from './model.js';
import { add, div, matmul, mul, sub } from './tensor.js';
import { traceModel } from './trace.js';

const ROWS = 5;

function outputOf(graph: Graph, input: readonly number[]): number[] {
  const { output } = runReference(graph, {
    rows: input.length / 2,
    precision: 'f32',
    parameters: [],
    input,
  });
  return [...output!.data];
}

const standardise: Model = (x) => div(sub(x, [1, 2]), Float32Array.of(2, 4));

describe('numbers beside a tensor', () => {
  test('are constants, in lists as their shape says', () => {
    expect(outputOf(traceModel(standardise, [2]), [1, 2, 5, 6])).toEqual([0, 0, 2, 1]);
    const turned: Model = (x) =>
      matmul(x, [
        [0, 1],
        [1, 0],
      ]);
    expect(outputOf(traceModel(turned, [2]), [7, 8])).toEqual([8, 7]);
  });

  test('or come from the scope, flat with a shape, or a single one', () => {
    const model: Model = (x, scope) => {
      const matrix = scope.constant([1, 2, 3, 4], [2, 2]);
      expect([matrix.shape, scope.constant(3).shape, scope.constant([3], []).shape]).toEqual([
        [2, 2],
        [],
        [],
      ]);
      return matmul(mul(x, scope.constant(2)), matrix);
    };
    expect(outputOf(traceModel(model, [2]), [1, 1])).toEqual([8, 12]);
  });

  test('are kept once where they are the same, and a zero has no sign', () => {
    const { constants } = traceModel((x) => add(add(mul(x, [1, -0]), [1, 0]), [0, 1]), [2]);
    expect(constants).toEqual([
      { shape: [2], values: [1, 0] },
      { shape: [2], values: [0, 1] },
    ]);
    expect(Object.is(constants![0]!.values[1], 0)).toBe(true);
  });

  test('go through JSON, and a graph without any says nothing of them', () => {
    const graph = traceModel(standardise, [2]);
    expect(validateGraph(JSON.parse(JSON.stringify(graph)))).toEqual(graph);
    expect('constants' in traceModel((x) => mul(x, 2), [2])).toBe(false);
  });

  test.each<[string, Model, new (...args: never[]) => Error, RegExp]>([
    ['not a number', (x) => add(x, [1, Number.NaN]), DataError, /add: constant 1 is NaN/],
    ['infinite', (x) => mul(x, [Infinity, 1]), DataError, /mul: constant 0 is Infinity/],
    ['too many', (x, s) => add(x, s.constant([1, 2, 3], [2])), DataError, /3 values, expected 2/],
    ['ragged', (x) => matmul(x, [[1, 2], [3]]), DataError, /has 1 value, expected 2 values/],
    ['none', (x) => add(x, []), ShapeError, /axis 0 of \[0\] is 0/],
    ['of another shape', (x) => add(x, [1, 2, 3]), ShapeError, /do not broadcast/],
    ['alone', () => add([1], [2]), ConfigError, /at least one operand must be a tensor/],
    ['too large', (x) => add(x, new Float32Array(65_537)), GraphError, /at most 65536/],
    ['nothing', (x, s) => mul(x, s.constant(null as never)), ConfigError, /the values are null/],
  ])('are refused if they are %s', (_, model, ErrorClass, message) => {
    const trace = (): unknown => traceModel(model, [2]);
    expect(trace).toThrow(ErrorClass);
    expect(trace).toThrow(message);
  });
});

/** A constant matrix so wide that it is read packed, between two layers. */
const random = new Random(5);
const MATRIX = Array.from({ length: 3 }, () => [...random.floats(270)]);
const model: Model = sequential(
  standardise,
  linear(2, 3),
  (x) => matmul(x, MATRIX),
  linear(270, 1),
);

test('both executors read them, packed too, and gradients go past them', () => {
  const forward = traceModel(model, [2]);
  const problem = {
    graph: attachLoss(forward, meanSquaredError(), { targetShape: [1], classes: undefined }),
    rows: ROWS,
    parameters: forward.parameters.map(({ shape: [n, m = 1] }) => random.floats(n! * m)),
    input: random.floats(2 * ROWS),
    target: random.floats(ROWS),
    context: { seed: 0, epoch: 0, sampleIds: Uint32Array.from({ length: ROWS }, (_, i) => i) },
  };
  const { program } = planProblem(problem);
  expect(program.prepare.map(({ kernel }) => kernel)).toContain('packPanels');
  const { gradients } = runProgram(problem);
  for (const [i, expected] of referenceGradients(problem, 'f64').entries()) {
    for (const [j, value] of gradients[i]!.entries()) {
      // Sums of some hundred products of numbers around 1, in float32.
      expect(Math.abs(value - expected[j]!)).toBeLessThan(1e-3);
    }
  }
});

test('a network with constants is trained', () => {
  const inputs = random.floats(64);
  const options = {
    data: {
      name: 'differences',
      samples: 32,
      inputs,
      inputDivisor: 1,
      classes: undefined,
      inputShape: [2],
      targets: Float32Array.from({ length: 32 }, (_, i) => inputs[2 * i]! - inputs[2 * i + 1]!),
      targetShape: [1],
    },
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.001 }),
    batchSize: 16,
    epochs: 3,
  };
  const { epochs } = fit({ ...options, model });
  expect(epochs[2]!.trainLoss).toBeLessThan(epochs[0]!.trainLoss);
});
