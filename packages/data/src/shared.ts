// Where datasets live: typed arrays on a SharedArrayBuffer, so that every thread reads one copy.
// Invariant: an array made here starts zeroed and is never resized. Where the engine hides
// SharedArrayBuffer (a browser page that is not cross-origin isolated) a plain ArrayBuffer takes
// its place; everything still works, only each thread then needs a copy of its own.
// Not a pool: nothing is reused or freed by hand.
import type { Dataset, DatasetInput } from '@lockstep/core';
import { type Datasets, sharedBuffer, toDataset } from '@lockstep/core/internal';

export { sharedBuffer as allocate } from '@lockstep/core/internal';

type Numbers = Uint8Array | Int32Array | Float32Array;

/**
 * @param length elements, one byte each
 * @returns [length] zeros, shared where the engine has SharedArrayBuffer
 * @throws RangeError if there is not so much memory
 */
export function sharedUint8(length: number): Uint8Array {
  return new Uint8Array(sharedBuffer(length));
}

/** @see sharedUint8; four bytes an element. */
export function sharedInt32(length: number): Int32Array {
  return new Int32Array(sharedBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}

/** @see sharedUint8; four bytes an element. */
export function sharedFloat32(length: number): Float32Array {
  return new Float32Array(sharedBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}

/** [length] zeros of the same type as an array. @see sharedUint8 */
export function sharedLike<T extends Numbers>(array: T, length: number): T;
export function sharedLike(array: Numbers, length: number): Numbers {
  if (array instanceof Uint8Array) return sharedUint8(length);
  return array instanceof Int32Array ? sharedInt32(length) : sharedFloat32(length);
}

/** Whether other threads see this array's memory when it is posted to them. */
export function isShared(array: Numbers): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && array.buffer instanceof SharedArrayBuffer;
}

/**
 * The same elements in shared memory: the array itself if it is shared already, else one copy.
 *
 * @throws RangeError if there is not so much memory
 */
export function toShared<T extends Numbers>(array: T): T;
export function toShared(array: Numbers): Numbers {
  if (isShared(array)) return array;
  const copy = sharedLike(array, array.length);
  copy.set(array);
  return copy;
}

/**
 * The same dataset in shared memory: itself if it is shared already.
 *
 * @throws ConfigError or DataError if it is no dataset
 */
export function shareDataset(data: DatasetInput): Dataset {
  const dataset = toDataset('shareDataset', data);
  if (isShared(dataset.inputs) && isShared(dataset.targets)) return dataset;
  return { ...dataset, inputs: toShared(dataset.inputs), targets: toShared(dataset.targets) };
}

/** The same for the datasets of a run: one that goes by two names is shared once. */
export function shareDatasets(datasets: Datasets): Datasets {
  const shared = new Map<Dataset, Dataset>();
  for (const dataset of Object.values(datasets)) {
    if (!shared.has(dataset)) shared.set(dataset, shareDataset(dataset));
  }
  const named = Object.entries(datasets).map(([name, dataset]) => [name, shared.get(dataset)!]);
  return { train: shared.get(datasets.train)!, ...Object.fromEntries(named) };
}
