// Buffers of a model: what they come to, step by step; what their updates may read; and what is refused.
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../dataset.js';
import { fit } from '../fit.js';
import { normal, zeros } from '../initializers/initializer.js';
import { linear } from '../layers/linear.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { type Layer, type Model, sequential } from '../model/model.js';
import {
  add,
  batchMean,
  batchSum,
  broadcast,
  div,
  matmul,
  mul,
  sum,
  transpose,
} from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { validateGraph } from '../network/validate.js';
import { sgd } from '../optimizers/sgd.js';

// Small whole numbers, whose sums and halves are exact in any order.
const INPUTS = Float32Array.from({ length: 7 * 2 }, (_, i) => (i * 5) % 8);
const DATA: Dataset = {
  name: 'whole numbers',
  samples: 7,
  inputs: INPUTS,
  inputShape: [2],
  inputDivisor: 1,
  targets: Float32Array.from({ length: 7 }, (_, i) => i),
  targetShape: [1],
  classes: undefined,
};
const OPTIONS = {
  data: DATA,
  loss: meanSquaredError(),
  optimizer: sgd({ learningRate: 0.01 }),
  batchSize: 4,
  shards: 4,
  shuffle: false,
};

/** Half of what it was, and half of the batch's mean; and how many steps there were. */
const halfMean: Layer = (x, scope) => {
  const mean = scope.buffer('mean', [2], zeros());
  const steps = scope.buffer('steps', [], zeros());
  scope.update(mean, add(mul(mean, 0.5), mul(batchMean(x), 0.5)));
  scope.update(steps, add(steps, 1));
  return x;
};

test('a buffer is moved once a step, by the sums over its batch, however short that is', () => {
  const { buffers, parameters } = fit({
    ...OPTIONS,
    model: sequential(halfMean, linear(2, 1)),
    epochs: 2,
  });
  const mean = [0, 0];
  for (const [first, end] of [
    [0, 4],
    [4, 7],
    [0, 4],
    [4, 7],
  ] as const) {
    for (const axis of [0, 1]) {
      let total = 0;
      for (let sample = first; sample < end; sample++) total += INPUTS[2 * sample + axis]!;
      const half = Math.fround(Math.fround(total / (end - first)) * 0.5);
      mean[axis] = Math.fround(Math.fround(mean[axis]! * 0.5) + half);
    }
  }
  expect(buffers).toEqual(
    new Map([
      ['0.mean', { shape: [2], data: Float32Array.from(mean) }],
      ['0.steps', { shape: [], data: Float32Array.of(4) }],
    ]),
  );
  expect([...parameters.keys()]).toEqual(['1.weight', '1.bias']);
});

test('an update may read parameters as they were before the step, in whatever layout they are stored', () => {
  const kept: Model = (x, scope) => {
    // Every use is transposed, so the weight is stored so.
    const weight = scope.parameter('w', [1, 2], normal({ std: 1 }));
    scope.update(scope.buffer('old', [2, 1], zeros()), transpose(weight, [1, 0]));
    return matmul(x, transpose(weight, [1, 0]));
  };
  const still = { ...OPTIONS, optimizer: sgd({ learningRate: 0 }) };
  const { buffers, parameters } = fit({ ...still, model: kept });
  expect(buffers.get('old')!.data).toEqual(parameters.get('w')!.data);
});

test('a buffer that nothing updates stays as it was drawn', () => {
  const constant: Model = (x, scope) =>
    linear(2, 1)(add(x, scope.buffer('noise', [2], normal({ std: 1 }))), scope);
  const start = fit({ ...OPTIONS, model: constant, epochs: 0, seed: 3 }).buffers;
  expect(start.get('noise')!.data.every((value) => value !== 0)).toBe(true);
  expect(fit({ ...OPTIONS, model: constant, epochs: 3, seed: 3 }).buffers).toEqual(start);
});

test('a buffer that is not finite ends the run, with its name', () => {
  const exploding: Model = (x, scope) => {
    const power = scope.buffer('power', [], zeros());
    scope.update(power, mul(add(power, 1), 1e20));
    return linear(2, 1)(x, scope);
  };
  expect(() => fit({ ...OPTIONS, model: exploding })).toThrow(
    'train: step 1: the new value of the buffer "power" is not finite.',
  );
});

describe('refuses', () => {
  const withBuffer = (update: (...args: Parameters<Model>) => ReturnType<Model>): Model => {
    return (x, scope) => {
      scope.update(scope.buffer('b', [2], zeros()), update(x, scope));
      return linear(2, 1)(x, scope);
    };
  };

  test.each<[string, Model, RegExp]>([
    [
      'an update of another shape',
      withBuffer((x) => sum(batchSum(x))),
      /buffer "b" is \[2\], its new value \[\]/,
    ],
    [
      'an update that is no tensor',
      withBuffer(() => 3 as never),
      /the new value of buffer "b" is 3, expected a tensor; of numbers scope\.constant makes one/,
    ],
    ['an update by single samples', withBuffer((x) => x), /its new value \[N, 2\]/],
    [
      'a sum over the batch of what reads one',
      withBuffer((x) => batchSum(add(x, batchMean(x)))),
      /batchSum: it reads another sum over the batch/,
    ],
    [
      'a model that reads a sum over the batch',
      (x) => div(x, batchMean(x)),
      /"output" reads a sum over the batch/,
    ],
    [
      'a sum over a batch that is none',
      withBuffer((_, s) => batchSum(s.buffer('c', [2], zeros()))),
      /has no batch axis/,
    ],
    [
      'an update of what is no buffer',
      (x, scope) => {
        scope.update(x, x);
        return x;
      },
      /expected a buffer of this model/,
    ],
    [
      'a buffer that is called as a parameter',
      (x, s) => add(x, add(s.parameter('w', [2], zeros()), s.buffer('w', [2], zeros()))),
      /are called "w"/,
    ],
  ])('%s', (_, model, message) => {
    expect(() => traceModel(model, [2])).toThrow(message);
  });

  test('a loss that reads a sum over the batch', () => {
    const loss = {
      name: 'own',
      build: (output: Parameters<Model>[0]) => ({
        loss: sum(add(output, broadcast(batchMean(output), [1]))),
      }),
    };
    expect(() => fit({ ...OPTIONS, model: linear(2, 1), loss })).toThrow(
      /"loss" reads a sum over the batch/,
    );
  });

  test.each<[string, (graph: ReturnType<typeof copy>) => void, RegExp]>([
    [
      'a graph with a buffer that is not updated',
      (g) => delete g.outputs['update.1'],
      /buffer "0.steps" has no output "update.1"/,
    ],
    [
      'an update of another shape',
      (g) => (g.outputs['update.0'] = g.outputs['update.1']!),
      /is \[\], the buffer is \[2\]/,
    ],
    [
      'an update of no buffer',
      (g) => (g.outputs['update.2'] = g.outputs['update.1']!),
      /unknown output "update.2"/,
    ],
    [
      'a buffer whose name a parameter has',
      (g) => (g.buffers[0]!.name = '1.weight'),
      /are called "1.weight"/,
    ],
    [
      'a buffer of samples',
      (g) => (g.buffers[0]!.shape = ['N', 2] as never),
      /a buffer has no batch axis/,
    ],
    ['a node of a buffer that is not there', (g) => g.buffers.pop(), /there is no buffer 1/],
  ])('%s, from outside', (_, change, message) => {
    const graph = copy();
    expect(validateGraph(graph)).toEqual(traceModel(MODEL, [2]));
    change(graph);
    expect(() => validateGraph(graph)).toThrow(message);
  });
});

const MODEL = sequential(halfMean, linear(2, 1));

/** A graph as JSON gives it. */
function copy(): {
  buffers: { name: string; shape: number[] }[];
  outputs: Record<string, number>;
} {
  return JSON.parse(JSON.stringify(traceModel(MODEL, [2])));
}
