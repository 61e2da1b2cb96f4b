// A run that ends early, on one thread: what threads and clusters must come to, wherever they are interrupted.
import { adam, crossEntropy, fit, linear, sequential, tanh, weightsHash } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';

/** Labels that inputs say nothing of: what is learnt of them is soon of no use for others. */
function noise(samples: number, seed: number) {
  const number = (i: number): number => (Math.imul(i + seed, 2654435761) >>> 8) / 2 ** 24;
  return fromArrays({
    inputs: Array.from({ length: samples }, (_, i) =>
      [0, 1, 2].map((k) => number(7 * i + 1000 * k) - 0.5),
    ),
    labels: Array.from({ length: samples }, (_, i) => Math.floor(3 * number(13 * i + 5))),
    classes: 3,
  });
}

export const data = { train: noise(40, 1), test: noise(30, 5000) };
// 4 steps an epoch: 32 of the samples are learnt from.
export const OPTIONS = {
  model: sequential(linear(3, 12), tanh(), linear(12, 3)),
  data,
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.05 }),
  batchSize: 8,
  shards: 4,
  epochs: 40,
  validation: 0.2,
  patience: 4,
  keep: 'best',
} as const;
export const expected = fit(OPTIONS);
const { stopped, bestEpoch, metrics } = expected;
export const last = expected.epochs.length;
export const hash = await weightsHash(expected.parameters);
export const END = { stopped, bestEpoch, metrics, weightsHash: hash, step: 4 * last };
