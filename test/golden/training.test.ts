// What people add to a plain run, against PyTorch: label smoothing, weights of classes and of positive targets, parameter
// groups, frozen parameters (training.json, made by golden_training.py).
import {
  binaryCrossEntropy,
  cosineSchedule,
  crossEntropy,
  type Dataset,
  fit,
  type Loss,
  linear,
  sequential,
  tanh,
  validateOptimizer,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { describe, expect, it } from 'vitest';
import { type GoldenTensor, type GoldenWay, goldenWays } from './golden.js';
import { mixedDistance } from './one-batch.js';

const golden = goldenWays();

function lossOf({ kind, targets: _, positiveWeight, ...rest }: GoldenWay['loss']): Loss {
  return kind === 'crossEntropy'
    ? crossEntropy(rest)
    : binaryCrossEntropy(positiveWeight === undefined ? {} : { positiveWeight });
}

function dataOf({ kind, targets }: GoldenWay['loss']): Dataset {
  const { inputs, labels, probabilities, binary } = golden.data;
  const given = { inputs: inputs.values, inputShape: [4] };
  if (kind === 'binaryCrossEntropy') {
    return fromArrays({ ...given, targets: binary.values, targetShape: [2] });
  }
  return targets
    ? fromArrays({ ...given, targets: probabilities.values, targetShape: [3] })
    : fromArrays({ ...given, labels: labels.values, classes: 3 });
}

function valuesOf(tensors: Readonly<Record<string, GoldenTensor>>) {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, values }]) => [name, { shape, data: values }]),
  );
}

function train({ loss, optimizer, groups, frozen }: GoldenWay) {
  const { cosine, ...config } = optimizer;
  const outputs = loss.kind === 'binaryCrossEntropy' ? 2 : 3;
  return fit({
    model: sequential(linear(4, 5), tanh(), linear(5, outputs)),
    data: dataOf(loss),
    loss: lossOf(loss),
    optimizer: validateOptimizer({
      ...config,
      ...(cosine !== undefined && { schedule: cosineSchedule({ steps: cosine }) }),
    }),
    groups,
    ...(frozen.length > 0 && { trainable: (name) => !frozen.includes(name) }),
    parameters: valuesOf(golden.initial[outputs]!),
    batchSize: golden.batchSize,
    epochs: 2,
    shuffle: false,
  });
}

describe.each(golden.cases.map((way) => [way.name, way] as const))('%s', (_, way) => {
  const { epochs, parameters } = train(way);

  it('has the losses that PyTorch has', () => {
    const perEpoch = golden.steps / epochs.length;
    for (const [epoch, { trainLoss }] of epochs.entries()) {
      const losses = way.float64.losses.slice(epoch * perEpoch, (epoch + 1) * perEpoch);
      const expected = losses.reduce((sum, loss) => sum + loss, 0) / perEpoch;
      // See README.md.
      expect(Math.abs(trainLoss - expected)).toBeLessThan(1e-6);
    }
  });

  it('ends with the parameters that PyTorch ends with', () => {
    for (const [name, { values }] of Object.entries(way.parameters)) {
      const { data } = parameters.get(name)!;
      expect(mixedDistance(data, values), name).toBeLessThan(1e-6);
      expect(mixedDistance(data, way.float64.parameters[name]!.values), name).toBeLessThan(1e-6);
    }
  });

  it.runIf(way.frozen.length > 0)('leaves what is frozen as it was, to the bit', () => {
    for (const name of way.frozen) {
      expect(parameters.get(name)!.data).toEqual(golden.initial[3]![name]!.values);
    }
  });
});
