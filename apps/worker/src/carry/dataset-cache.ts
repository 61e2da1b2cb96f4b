// The datasets of a run, found or fetched: arrays of this process, those that lie here anyway, what was kept of earlier runs,
// and at last the coordinator. What counts is the SHA-256 of an array, wherever it comes from.
// Invariant: nothing is used before its hash was checked.
import { DataError, type Dataset } from '@lockstep/core';
import { sharedBuffer } from '@lockstep/core/internal';
import { firstSamples } from '@lockstep/data';
import { sha256 as newSha256 } from '@lockstep/hash';
import { nextTurn } from '@lockstep/transport';
import { type ArrayDescription, type DatasetDescription, MAX_PIECE_BYTES } from '@lockstep/wire';
import type { ArrayStore, StoredArray } from './stored-array.js';

export interface DatasetCacheOptions {
  /** Where arrays are kept. */
  readonly store: ArrayStore;
  /** Datasets of this machine that the described one may be a beginning of. */
  readonly local?: ((description: DatasetDescription) => Promise<readonly Dataset[]>) | undefined;
  /** More than so many bytes of a dataset are refused. */
  readonly maxBytes: number;
  /** Asks the coordinator for a piece, of at most MAX_PIECE_BYTES. The pieces are the cache's own from then on. */
  readonly fetch: (
    sha256: string,
    offset: number,
    length: number,
  ) => Promise<readonly Uint8Array[]>;
  /** Datasets that are in memory already. */
  readonly known?: readonly Dataset[] | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

export interface FetchProgress {
  readonly name: string;
  readonly bytes: number;
  readonly totalBytes: number;
}

export type DatasetSource = 'memory' | 'local' | 'cache' | 'coordinator';

export interface FoundDataset {
  readonly dataset: Dataset;
  readonly source: DatasetSource;
}

/** Hashing goes so far before others have their turn. */
const HASH_BYTES = 16 * 1024 * 1024;

const ARRAYS = {
  uint8: { bytes: 1, over: (memory: ArrayBufferLike) => new Uint8Array(memory) },
  int32: { bytes: 4, over: (memory: ArrayBufferLike) => new Int32Array(memory) },
  float32: { bytes: 4, over: (memory: ArrayBufferLike) => new Float32Array(memory) },
} as const;

export class DatasetCache {
  readonly #options: DatasetCacheOptions;

  constructor(options: DatasetCacheOptions) {
    this.#options = options;
  }

  /**
   * @returns the dataset, its arrays in shared memory
   * @throws DataError if the description is not one of a dataset, or too large, or the coordinator's bytes have
   *   another hash than it said; what `fetch` rejects with
   */
  async load(description: DatasetDescription): Promise<FoundDataset> {
    checkDescription(description, this.#options.maxBytes);
    const { known = [], local } = this.#options;
    for (const candidate of known) {
      const dataset = await adopt(description, candidate);
      if (dataset) return { dataset, source: 'memory' };
    }
    for (const candidate of (await local?.(description)) ?? []) {
      const dataset = await adopt(description, candidate);
      if (dataset) return { dataset, source: 'local' };
    }
    const inputs = await this.#array(description.name, description.inputs);
    const targets = await this.#array(description.name, description.targets);
    const source = inputs.isCached && targets.isCached ? 'cache' : 'coordinator';
    return {
      source,
      dataset: datasetOf(
        description,
        ARRAYS[description.inputs.type].over(inputs.memory) as Dataset['inputs'],
        ARRAYS[description.targets.type].over(targets.memory) as Dataset['targets'],
      ),
    };
  }

  async #array(
    name: string,
    { sha256, bytes }: ArrayDescription,
  ): Promise<{ memory: ArrayBufferLike; isCached: boolean }> {
    const memory = sharedBuffer(bytes);
    const file = this.#options.store(sha256, new Uint8Array(memory));
    if (await file.readWhole()) return { memory, isCached: true };
    for (let isFresh = false; ; isFresh = true) {
      await file.begin();
      const resumed = file.bytes;
      try {
        await this.#fetchRest(name, sha256, bytes, file);
      } catch (error) {
        await file.close();
        throw error;
      }
      if (await file.finish()) return { memory, isCached: false };
      // Only what lay here before may have been at fault.
      if (isFresh || resumed === 0) break;
    }
    throw new DataError(
      `dataset "${name}": what the coordinator sent is not the array ${sha256} that it announced`,
    );
  }

  async #fetchRest(name: string, sha256: string, bytes: number, file: StoredArray): Promise<void> {
    const { fetch, onProgress } = this.#options;
    while (file.bytes < bytes) {
      const length = Math.min(MAX_PIECE_BYTES, bytes - file.bytes);
      await file.append(await fetch(sha256, file.bytes, length));
      onProgress?.({ name, bytes: file.bytes, totalBytes: bytes });
    }
  }
}

/** @returns the described dataset with the candidate's arrays, if their first samples have the right hashes */
async function adopt(
  description: DatasetDescription,
  candidate: Dataset,
): Promise<Dataset | undefined> {
  if (candidate.samples < description.samples) return undefined;
  const { inputs, targets } =
    candidate.samples === description.samples
      ? candidate
      : firstSamples(candidate, description.samples);
  const isInputs = await isArray(inputs, description.inputs);
  const isTargets = isInputs && (await isArray(targets, description.targets));
  return isTargets ? datasetOf(description, inputs, targets) : undefined;
}

async function isArray(
  array: Uint8Array | Int32Array | Float32Array,
  { type, bytes, sha256 }: ArrayDescription,
): Promise<boolean> {
  const is = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array }[type];
  if (!(array instanceof is) || array.byteLength !== bytes) return false;
  const all = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const hash = newSha256();
  for (let at = 0; at < bytes; at += HASH_BYTES) {
    hash.update(all.subarray(at, at + HASH_BYTES));
    await new Promise<void>(nextTurn);
  }
  return hash.hex() === sha256;
}

function datasetOf(
  description: DatasetDescription,
  inputs: Dataset['inputs'],
  targets: Dataset['targets'],
): Dataset {
  const { name, samples, inputShape, inputDivisor, targetShape } = description;
  const classes = description.classes ?? undefined;
  const vocabulary = description.vocabulary ?? undefined;
  const shapes = { inputShape, inputDivisor, targetShape, classes };
  return {
    ...{ name, samples, ...shapes, inputs, targets },
    ...(vocabulary !== undefined && { vocabulary }),
  };
}

/** Sizes that fit together, before memory is taken for them. */
function checkDescription(description: DatasetDescription, maxBytes: number): void {
  const { name, samples, inputs, inputShape, targets, targetShape } = description;
  const { vocabulary, classes } = description;
  const what = `dataset "${name}"`;
  const check = (which: string, array: ArrayDescription, shape: readonly number[]): void => {
    const values = shape.reduce((product, size) => product * size, samples);
    const expected = values * ARRAYS[array.type].bytes;
    if (array.bytes !== expected) {
      throw new DataError(`${what}: ${array.bytes} bytes of ${which}, expected ${expected}`);
    }
  };
  check('inputs', inputs, inputShape);
  check('targets', targets, targetShape);
  const isInputs =
    inputs.type === 'uint8' || inputs.type === (vocabulary === null ? 'float32' : 'int32');
  if (!isInputs || targets.type !== (classes === null ? 'float32' : 'int32')) {
    throw new DataError(`${what}: inputs are ${inputs.type} and targets ${targets.type}`);
  }
  if (inputs.bytes + targets.bytes > maxBytes) {
    throw new DataError(
      `${what}: it has ${inputs.bytes + targets.bytes} bytes, this worker takes at most ${maxBytes}`,
    );
  }
}
