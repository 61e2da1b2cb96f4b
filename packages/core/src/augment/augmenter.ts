// Augments samples where they lie: a run's list of augmentations, one after the other, over rows in a thread's memory.
import { PhiloxSequence } from '../random/philox.js';
import { STREAM } from '../random/streams.js';
import { product } from '../shape.js';
import { type Augmentation, augmentationRule, pictureSides } from './augmentation.js';
import type { Row } from './rule.js';

/** What an augmenter must know of the samples. */
export interface AugmentedRows {
  /** Of all rows. */
  readonly values: Uint8Array | Float32Array;
  readonly inputShape: readonly number[];
  readonly inputDivisor: number;
}

export class Augmenter {
  readonly #steps: readonly ((row: Row) => void)[];
  readonly #random: readonly PhiloxSequence[];
  readonly #row: Row;

  /** @param seed the run's */
  constructor(
    augmentations: readonly Augmentation[],
    seed: number,
    { values, inputShape, inputDivisor: divisor }: AugmentedRows,
  ) {
    const size = product(inputShape);
    const [channels, height, width] = pictureSides(inputShape) ?? [1, 1, size];
    const scratch = values instanceof Uint8Array ? new Uint8Array(size) : new Float32Array(size);
    this.#row = { values, first: 0, channels, height, width, size, divisor, scratch };
    this.#random = augmentations.map((_, i) => new PhiloxSequence(seed, STREAM.augment + i, 0));
    this.#steps = augmentations.map((one, i) => {
      const rule = augmentationRule(one);
      const random = this.#random[i]!;
      return (row) => rule.apply(row, one, random);
    });
  }

  /**
   * @param first where the row of values begins
   * @param sample its place in the dataset
   * @param epoch from 0
   */
  apply(first: number, sample: number, epoch: number): void {
    this.#row.first = first;
    for (const random of this.#random) random.restart(epoch, sample);
    for (const step of this.#steps) step(this.#row);
  }
}
