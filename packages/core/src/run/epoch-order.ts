// The order in which the samples of the epoch under way are learnt from: one array, filled again when an epoch begins.
import { permutation } from '../random/permutation.js';
import { STREAM } from '../random/streams.js';
import type { RunConfig } from './run-plan.js';

export class EpochOrder {
  /** Dataset indices by position; undefined without shuffling. */
  readonly samples: Uint32Array | undefined;
  readonly #seed: number;
  #epoch: number | undefined;

  /** @param makeBuffer for so many bytes: shared, if other threads read it */
  constructor(
    { shuffle, seed }: Pick<RunConfig, 'shuffle' | 'seed'>,
    samples: number,
    makeBuffer: (bytes: number) => ArrayBufferLike = (bytes) => new ArrayBuffer(bytes),
  ) {
    this.#seed = seed;
    this.samples = shuffle ? new Uint32Array(makeBuffer(4 * samples)) : undefined;
  }

  /** Between steps: makes it the order of an epoch, counted from 0. */
  prepare(epoch: number): void {
    if (!this.samples || this.#epoch === epoch) return;
    permutation(this.samples.length, this.#seed, epoch, STREAM.shuffle, this.samples);
    this.#epoch = epoch;
  }
}
