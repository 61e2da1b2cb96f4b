// Where the shards of a block begin among its rows, as one array for all blocks that are cut alike: there are few ways, and what
// is bound to one is found by the array itself. Asking again allocates nothing.
import { type Block, shardStart } from '@lockstep/tree';

export class RowStarts {
  readonly #shards: number;
  /** By how they are cut. */
  readonly #known = new Map<string, readonly number[]>();
  /** By the samples of the batch and the place that a block is asked for. */
  readonly #asked = new Map<number, (readonly number[])[]>();

  /** @param shards of a batch */
  constructor(shards: number) {
    this.#shards = shards;
  }

  /**
   * @param samples of the batch
   * @param place a number of the block's own
   * @returns the first row of each shard of the block, from 0, and how many rows it has
   */
  of(samples: number, block: Block, place: number): readonly number[] {
    let asked = this.#asked.get(samples);
    if (!asked) {
      asked = [];
      this.#asked.set(samples, asked);
    }
    asked[place] ??= this.#cut(samples, block);
    return asked[place];
  }

  #cut(samples: number, { first, size }: Block): readonly number[] {
    const begin = shardStart(samples, this.#shards, first);
    const starts = Array.from(
      { length: size + 1 },
      (_, i) => shardStart(samples, this.#shards, first + i) - begin,
    );
    const key = starts.join();
    const known = this.#known.get(key) ?? starts;
    this.#known.set(key, known);
    return known;
  }
}
