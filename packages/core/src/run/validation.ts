// The validation data of a run: a dataset of its own, or a share of the training samples that is split off before the run.
// Invariant: which samples those are is a pure function of (seed, number of samples, share, labels). Both parts keep the
// order in which the samples stood; none is lost or taken twice.
import { describeValue } from '@lockstep/errors';
import type { Dataset, DatasetInput } from '../dataset.js';
import type { DatasetTraits } from '../dataset-traits.js';
import { ConfigError } from '../errors.js';
import { permutation } from '../random/permutation.js';
import { STREAM } from '../random/streams.js';
import { byName, type Datasets, type RunData, toDatasets } from './datasets.js';

/** A share of the training samples, above 0 and below 1; or a dataset. */
export type ValidationChoice = number | DatasetInput;

/**
 * @param data as `toDatasets` takes it
 * @param began of the data that a run began with
 * @throws ConfigError if the validation data is neither, or there is some already; and as `toDatasets`
 */
export function withValidation(
  operation: string,
  data: DatasetInput | RunData,
  validation: ValidationChoice | undefined,
  seed: number,
  began?: DatasetTraits,
): Datasets {
  if (validation === undefined) return toDatasets(operation, data, began);
  const given = byName(data);
  if (given.validation !== undefined) {
    const isOfRun = began !== undefined && typeof validation === 'number';
    throw new ConfigError(
      isOfRun
        ? `${operation}: data.validation is given, and this run takes ${validation} of its training samples for validation; leave it out`
        : `${operation}: there is validation data in data already; leave out data.validation or the option validation`,
    );
  }
  if (typeof validation !== 'number') {
    const isDataset = typeof validation === 'object' && validation !== null;
    if (!isDataset) throw new ConfigError(refusal(operation, describeValue(validation)));
    return toDatasets(operation, { ...given, validation }, began);
  }
  const { train, ...others } = toDatasets(operation, given, began);
  const parts = splitOff(operation, train, validation, seed);
  return { ...parts, ...others };
}

function refusal(operation: string, got: string): string {
  return `${operation}: validation is ${got}, expected a share of the training samples above 0 and below 1, such as 0.1, or a dataset`;
}

/**
 * Of samples with class labels the share is taken of each class, so that both parts have them in the same proportions; of
 * others, at random.
 *
 * @throws ConfigError if a part would be empty
 */
export function splitOff(
  operation: string,
  data: Dataset,
  share: number,
  seed: number,
): { train: Dataset; validation: Dataset } {
  if (!(share > 0 && share < 1)) throw new ConfigError(refusal(operation, String(share)));
  const { samples } = data;
  const count = Math.round(samples * share);
  if (count < 1 || count >= samples) {
    throw new ConfigError(
      `${operation}: validation ${share} of ${samples} samples leaves ${count} for validation; expected 1 to ${samples - 1}`,
    );
  }
  const labels =
    data.classes !== undefined && data.targetShape.length === 0 ? data.targets : undefined;
  const classOf = (sample: number): number => labels?.[sample] ?? 0;
  const sizes = new Array<number>(labels ? data.classes! : 1).fill(0);
  for (let sample = 0; sample < samples; sample++) sizes[classOf(sample)]! += 1;
  const left = quotas(sizes, count, samples);
  const isTaken = new Uint8Array(samples);
  for (const sample of permutation(samples, seed, 0, STREAM.split)) {
    const label = classOf(sample);
    if (left[label] === 0) continue;
    left[label]! -= 1;
    isTaken[sample] = 1;
  }
  const part = (taken: 0 | 1): Dataset =>
    takeSamples(
      data,
      Uint32Array.from({ length: samples }, (_, i) => i).filter((i) => isTaken[i] === taken),
    );
  return { train: part(0), validation: part(1) };
}

/** Of each class its part of `count`, rounded so that they add up: the largest remainders first, of equals the first class. */
function quotas(sizes: readonly number[], count: number, samples: number): number[] {
  const whole = sizes.map((size) => Math.floor((size * count) / samples));
  const remainders = sizes.map((size, label) => ({ label, rest: (size * count) % samples }));
  remainders.sort((a, b) => b.rest - a.rest || a.label - b.label);
  const missing = count - whole.reduce((sum, one) => sum + one, 0);
  for (const { label } of remainders.slice(0, missing)) whole[label]! += 1;
  return whole;
}

function takeSamples(data: Dataset, indices: Uint32Array): Dataset {
  const { samples } = data;
  return {
    ...data,
    samples: indices.length,
    inputs: takeRows(data.inputs, data.inputs.length / samples, indices),
    targets: takeRows(data.targets, data.targets.length / samples, indices),
  };
}

/** In memory of the same kind: shared, if theirs is. */
function takeRows<A extends Uint8Array | Int32Array | Float32Array>(
  from: A,
  size: number,
  indices: Uint32Array,
): A {
  const bytes = indices.length * size * from.BYTES_PER_ELEMENT;
  const isShared =
    typeof SharedArrayBuffer !== 'undefined' && from.buffer instanceof SharedArrayBuffer;
  const buffer = isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  const to = new (from.constructor as new (buffer: ArrayBufferLike) => A)(buffer);
  indices.forEach((index, i) => {
    to.set(from.subarray(index * size, (index + 1) * size), i * size);
  });
  return to;
}
