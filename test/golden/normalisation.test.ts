// Normalisation against PyTorch's values: single layers forward and backward in training, and a network with batch normalisation
// over steps, with one shard, which is PyTorch's batch: its running statistics, and what it answers in evaluation.
import {
  type BatchNormOptions,
  batchNorm1d,
  batchNorm2d,
  flatten,
  groupNorm,
  type Layer,
  layerNorm,
  linear,
  meanSquaredError,
  rmsNorm,
  sequential,
  sgd,
  stepper,
  tanh,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { describe, expect, test } from 'vitest';
import { type GoldenNormalised, type GoldenTensor, goldenNormalisation } from './golden.js';
import { layerBatch } from './layer-batch.js';
import { kernelBatch, mixedDistance, referenceBatch } from './one-batch.js';

const golden = goldenNormalisation();

/** Sums of up to 60 products in another order, and a quotient of them. */
const SINGLE = 5e-6;
/** The epsilon is rounded to float32: 1e-5 is 2.5e-13 off, which counts where a variance is not small. */
const DOUBLE = 1e-7;
/** Three steps, each a few roundings apart. */
const TRAINED = 1e-5;

const LAYERS: Readonly<Record<string, (...given: never[]) => Layer>> = {
  ...{ batchNorm1d, batchNorm2d, layerNorm, groupNorm, rmsNorm },
};

function expectSame(
  ours: ReadonlyMap<string, ArrayLike<number>>,
  theirs: GoldenNormalised<ArrayLike<number>>,
  tolerance: number,
): void {
  const { output, inputGradient, gradients } = theirs;
  for (const [name, { values }] of Object.entries({ output, x: inputGradient, ...gradients })) {
    expect(mixedDistance(ours.get(name)!, values), name).toBeLessThan(tolerance);
  }
}

describe('one pass in training', () => {
  test.each(golden.layers.map((one) => [`${one.name} of ${one.input.shape}`, one] as const))(
    '%s',
    (_, { name, arguments: given, options, input, upstream, parameters, float64, ...single }) => {
      const layer = LAYERS[name]!(...([...given, options] as never[]));
      const batch = layerBatch(layer, input, upstream, parameters);
      const { gradients } = kernelBatch(batch);
      expectSame(gradients, single, SINGLE);
      expectSame(gradients, float64, SINGLE);
      expectSame(referenceBatch(batch).gradients, float64, DOUBLE);
    },
  );
});

function asGiven(tensors: Readonly<Record<string, GoldenTensor>>) {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, values }]) => [name, { shape, data: values }]),
  );
}

describe.each(golden.training)('three steps with momentum $momentum', (run) => {
  const options: BatchNormOptions = { momentum: run.momentum };
  const data = fromArrays({
    inputs: run.input.values,
    inputShape: run.input.shape.slice(1),
    targets: run.target.values,
    targetShape: run.target.shape.slice(1),
  });
  const steps = stepper({
    model: sequential(
      ...[batchNorm2d(2, options), flatten(), linear(18, 4), batchNorm1d(4, options), tanh()],
      linear(4, 2),
    ),
    data,
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    batchSize: data.samples,
    shards: 1,
    shuffle: false,
    parameters: asGiven(run.initial),
  });

  test('parameters, running statistics and answers are PyTorch’s', () => {
    const losses = run.losses.map(() => {
      const { loss, gradients } = steps.backward([...steps.epoch()][0]!);
      steps.step(gradients);
      return loss;
    });
    expect(mixedDistance(losses, run.losses)).toBeLessThan(TRAINED);
    for (const [ours, theirs] of [
      [steps.parameters, run.parameters],
      [steps.buffers, run.buffers],
    ] as const) {
      expect([...ours.keys()]).toEqual(Object.keys(theirs));
      for (const [name, { shape, values }] of Object.entries(theirs)) {
        expect(ours.get(name)!.shape).toEqual(shape);
        expect(mixedDistance(ours.get(name)!.data, values), name).toBeLessThan(TRAINED);
      }
    }
    const answers = steps.trained.predict(data.inputs as Float32Array) as Float32Array;
    expect(mixedDistance(answers, run.evaluated.values)).toBeLessThan(TRAINED);
  });
});
