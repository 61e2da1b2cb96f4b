// A layer that is used twice, tied weights and stopped gradients against PyTorch, step by step: gradients of what is used
// twice add up, under the name of the first use.
import {
  add,
  crossEntropy,
  linear,
  type Model,
  matmul,
  meanSquaredError,
  mul,
  type Parameters,
  sequential,
  sgd,
  shared,
  stepper,
  stopGradient,
  sum,
  tanh,
  transpose,
  zeros,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { describe, expect, it } from 'vitest';
import { type GoldenTensor, type GoldenTied, goldenTied } from './golden.js';
import { mixedDistance } from './one-batch.js';

function reused(): Model {
  const layer = linear(4, 4);
  const layers = sequential(layer, tanh(), layer, tanh(), linear(4, 2));
  return (x, scope) => layers(x, scope.child('layers'));
}

function autoencoder(): Model {
  const encoder = linear(5, 3);
  return (x, scope) => {
    const bias = scope.parameter('bias', [5], zeros());
    const code = tanh(encoder(x, scope.child('encoder')));
    return add(matmul(code, encoder.parameter('weight', scope)), bias);
  };
}

function embedding(): Model {
  const table = shared((x, scope) => matmul(x, scope.parameter('weight', [6, 4], zeros())));
  return (x, scope) => {
    const hidden = tanh(table(x, scope.child('table')));
    return matmul(hidden, transpose(table.parameter('weight', scope)));
  };
}

function stopped(): Model {
  const first = linear(4, 3);
  const second = linear(3, 2);
  return (x, scope) => {
    const hidden = tanh(first(x, scope.child('first')));
    const more = add(hidden, mul(stopGradient(hidden), 2));
    const weight = stopGradient(first.parameter('weight', scope));
    return add(second(more, scope.child('second')), sum(weight));
  };
}

const MODELS: Readonly<Record<GoldenTied['name'], Model>> = {
  reused: reused(),
  autoencoder: autoencoder(),
  embedding: embedding(),
  stopped: stopped(),
};

/** See README.md beside it. */
const TOLERANCE = 1e-5;

describe.each(goldenTied().cases)('$name', (golden) => {
  const { name, input, target, initial, float64 } = golden;
  const inputs = { inputs: input.values, inputShape: input.shape.slice(1) };
  const data = fromArrays(
    target.values instanceof Int32Array
      ? { ...inputs, labels: target.values, classes: 6 }
      : { ...inputs, targets: target.values, targetShape: target.shape.slice(1) },
  );
  const run = stepper({
    model: MODELS[name],
    data,
    loss: target.values instanceof Int32Array ? crossEntropy() : meanSquaredError(),
    optimizer: sgd({ learningRate: goldenTied().learningRate }),
    batchSize: data.samples,
    shards: 2,
    parameters: Object.fromEntries(
      Object.entries(initial).map(([key, { shape, values }]) => [key, { shape, data: values }]),
    ),
  });

  it('has the gradients, the losses and the parameters of PyTorch', () => {
    const losses: number[] = [];
    for (let step = 0; step < golden.losses.length; step++) {
      const { loss, gradients } = run.backward([...run.epoch()][0]!);
      losses.push(loss);
      if (step === 0) expectNear(gradients, golden.gradients, float64.gradients);
      run.step(gradients);
    }
    expect(mixedDistance(losses, golden.losses)).toBeLessThan(TOLERANCE);
    expect(mixedDistance(losses, float64.losses)).toBeLessThan(TOLERANCE);
    expectNear(run.parameters, golden.parameters, float64.parameters);
  });
});

function expectNear(
  ours: Parameters,
  ...torchs: readonly Readonly<Record<string, GoldenTensor<ArrayLike<number>>>>[]
): void {
  for (const tensors of torchs) {
    expect([...ours.keys()].sort()).toEqual(Object.keys(tensors).sort());
    for (const [name, { shape, values }] of Object.entries(tensors)) {
      expect(ours.get(name)!.shape).toEqual(shape);
      expect(mixedDistance(ours.get(name)!.data, values), name).toBeLessThan(TOLERANCE);
    }
  }
}
