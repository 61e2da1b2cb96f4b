// The run's datasets as workers fetch them: arrays, by the SHA-256 of their bytes. Read only; nothing is opened by
// a name that came from a worker.
import { createHash } from 'node:crypto';
import type { Dataset } from '@lockstep/core';
import type { Datasets } from '@lockstep/core/internal';
import {
  type ArrayDescription,
  type DatasetDescription,
  MAX_NAME_CHARACTERS,
  printable,
} from '@lockstep/wire';

type Numbers = Dataset['inputs'] | Dataset['targets'];

export class DatasetShelf {
  /** As the run's message lists them. */
  readonly descriptions: readonly DatasetDescription[];
  readonly #arrays = new Map<string, Uint8Array>();

  constructor(datasets: Datasets) {
    this.descriptions = Object.entries(datasets).map(([as, dataset]) =>
      this.#describe(as, dataset),
    );
  }

  /** @returns a view; undefined if there is no such piece */
  piece(sha256: string, offset: number, length: number): Uint8Array | undefined {
    const array = this.#arrays.get(sha256);
    return array && offset + length <= array.byteLength
      ? array.subarray(offset, offset + length)
      : undefined;
  }

  #describe(as: string, dataset: Dataset): DatasetDescription {
    const { samples, inputShape, inputDivisor, targetShape } = dataset;
    const { vocabulary = null, classes = null } = dataset;
    return {
      as,
      name: printable(dataset.name, MAX_NAME_CHARACTERS) || 'data',
      ...{ samples, inputShape, inputDivisor, vocabulary, targetShape, classes },
      inputs: this.#put(dataset.inputs),
      targets: this.#put(dataset.targets),
    };
  }

  #put(array: Numbers): ArrayDescription {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.#arrays.set(sha256, bytes);
    const type =
      array instanceof Uint8Array ? 'uint8' : array instanceof Int32Array ? 'int32' : 'float32';
    return { sha256, bytes: array.byteLength, type };
  }
}
