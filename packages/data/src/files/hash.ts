// The SHA-256 that names a dataset's contents: a run records it, and a resumed run compares it.
// Invariant: it depends on what is learnt from, in order, and on nothing else: not on where the
// arrays lie, not on the machine's byte order. The format below never changes without a new tag.
import { createHash } from 'node:crypto';
import type { Dataset, DatasetInput, RunData } from '@lockstep/core';
import { namedDatasets } from '@lockstep/core/internal';

const TAG = 'lockstep-dataset-1';
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const SWAP_BYTES = 1 << 20;

/**
 * SHA-256 over a line of JSON (names, sample counts, shapes, element types, divisors, classes, vocabularies), a line feed, and then the
 * inputs and targets of `train`, of `test` (if any) and of all others, by their names' order, each as little-endian bytes.
 *
 * @param data one dataset stands for `{ train: data }`
 * @returns 64 lower-case hexadecimal digits
 * @throws ConfigError or DataError if these are no datasets, or have names that none may have
 */
export function datasetSha256(data: DatasetInput | RunData): string {
  const { train, test, ...others } = namedDatasets('datasetSha256', data);
  const rest = Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1));
  const descriptions = {
    tag: TAG,
    train: describe(train),
    test: test ? describe(test) : null,
    ...(rest.length > 0 && {
      others: rest.map(([name, dataset]) => ({ as: name, ...describe(dataset) })),
    }),
  };
  const hash = createHash('sha256');
  hash.update(`${JSON.stringify(descriptions)}\n`);
  for (const { inputs, targets } of [
    train,
    test ?? [],
    rest.map(([, dataset]) => dataset),
  ].flat()) {
    updateLittleEndian(hash, inputs);
    updateLittleEndian(hash, targets);
  }
  return hash.digest('hex');
}

function describe(dataset: Dataset): object {
  return {
    name: dataset.name,
    samples: dataset.samples,
    inputShape: dataset.inputShape,
    inputs: typeOf(dataset.inputs),
    inputDivisor: dataset.inputDivisor,
    targetShape: dataset.targetShape,
    targets: typeOf(dataset.targets),
    classes: dataset.classes ?? null,
    ...(dataset.vocabulary !== undefined && { vocabulary: dataset.vocabulary }),
  };
}

function typeOf(array: Dataset['inputs']): 'uint8' | 'int32' | 'float32' {
  if (array instanceof Uint8Array) return 'uint8';
  return array instanceof Int32Array ? 'int32' : 'float32';
}

/** Exported for its test, which takes the other byte order's way on any machine. */
export function updateLittleEndian(
  hash: { update(bytes: Uint8Array): unknown },
  array: Uint8Array | Int32Array | Float32Array,
  littleEndian: boolean = LITTLE_ENDIAN,
): void {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (littleEndian || array.BYTES_PER_ELEMENT === 1) {
    hash.update(bytes);
    return;
  }
  for (let at = 0; at < bytes.length; at += SWAP_BYTES) {
    const piece = Buffer.from(bytes.subarray(at, at + SWAP_BYTES));
    hash.update(piece.swap32());
  }
}
