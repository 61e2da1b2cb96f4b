// One dataset cut in two: at random by a seed, or its first samples only.
// Invariant: which sample goes where is a pure function of (number of samples, fraction, seed), on
// every machine; no sample is lost or taken twice. Nothing is balanced by class.
import { ConfigError, type Dataset, type DatasetInput, permutation, STREAM } from '@lockstep/core';
import { toDataset } from '@lockstep/core/internal';
import { checkOptions, describeValue, requireInteger, requireNumber } from '@lockstep/errors';
import { sharedFloat32, sharedInt32, sharedUint8 } from './shared.js';

export interface SplitOptions {
  /** Share of the samples that is kept for testing, in (0, 1); rounded to whole samples. */
  readonly testFraction: number;
  /** An integer in [0, 2^53). */
  readonly seed: number;
}

/**
 * Shuffles and cuts a dataset; both parts are copies in shared memory.
 *
 * @throws ConfigError if a part would be empty, or the seed is out of range
 */
export function trainTestSplit<T extends DatasetInput>(
  data: T,
  options: SplitOptions,
): { train: T & Dataset; test: T & Dataset } {
  checkOptions('trainTestSplit', options, { testFraction: true, seed: true });
  const { testFraction, seed } = options;
  requireInteger('trainTestSplit', 'seed', seed, 0);
  const dataset = toDataset('trainTestSplit', data) as T & Dataset;
  const { samples } = dataset;
  requireNumber('trainTestSplit', 'testFraction', testFraction, { above: 0, below: 1 });
  const testSamples = Math.round(samples * testFraction);
  if (!(testSamples >= 1 && testSamples <= samples - 1)) {
    throw new ConfigError(
      `trainTestSplit: testFraction ${testFraction} of ${samples} samples leaves ${testSamples} for testing; expected 1 to ${samples - 1}`,
    );
  }
  const order = permutation(samples, seed, 0, STREAM.split);
  return {
    train: takeSamples(dataset, order.subarray(testSamples)),
    test: takeSamples(dataset, order.subarray(0, testSamples)),
  };
}

/**
 * The first `count` samples, or all if there are fewer; a view, nothing is copied.
 *
 * @throws ConfigError if count is not an integer of at least 1
 */
export function firstSamples<T extends DatasetInput>(data: T, count: number): T & Dataset {
  const dataset = toDataset('firstSamples', data) as T & Dataset;
  if (!Number.isInteger(count) || count < 1) {
    throw new ConfigError(
      `firstSamples: count is ${describeValue(count)}, expected an integer of at least 1`,
    );
  }
  const samples = Math.min(count, dataset.samples);
  const { inputs, targets } = dataset;
  return {
    ...dataset,
    samples,
    inputs: inputs.subarray(0, (inputs.length / dataset.samples) * samples),
    targets: targets.subarray(0, (targets.length / dataset.samples) * samples),
  };
}

function takeSamples<T extends Dataset>(dataset: T, indices: Uint32Array): T {
  const inputSize = dataset.inputs.length / dataset.samples;
  const targetSize = dataset.targets.length / dataset.samples;
  const make = dataset.inputs instanceof Uint8Array ? sharedUint8 : sharedFloat32;
  const inputs = make(indices.length * inputSize);
  copyRows(dataset.inputs, inputs, inputSize, indices);
  const makeTargets = dataset.targets instanceof Int32Array ? sharedInt32 : sharedFloat32;
  const targets = makeTargets(indices.length * targetSize);
  copyRows(dataset.targets, targets, targetSize, indices);
  return { ...dataset, samples: indices.length, inputs, targets };
}

function copyRows(
  from: Uint8Array | Int32Array | Float32Array,
  to: Uint8Array | Int32Array | Float32Array,
  size: number,
  indices: Uint32Array,
): void {
  indices.forEach((index, i) => {
    to.set(from.subarray(index * size, (index + 1) * size), i * size);
  });
}
