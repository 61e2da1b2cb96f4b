// The coordinator's side of the all-reduce in a star: it takes every rank's blocks, chunk by chunk, adds a chunk up along the
// tree once all ranks' are there, and hands out its sum while the next ones come: P messages down for each chunk. A rank
// without shards sends one empty message a step, so nobody can run ahead. Sums have two places, by the parity of the step: one
// may still be on its way out when the next is added.
import { ProtocolError } from '@lockstep/errors';
import { type Backend, heapBase, type Kernels } from '@lockstep/kernels';
import {
  alignedBlocks,
  type HeldBlock,
  type Range,
  rangeLength,
  sumTree,
  type TreeSum,
} from '@lockstep/tree';
import { type Hub, type SummedPart, shardsOf } from './all-reduce.js';
import { checkOffset, copyFloats, copyInto, placesFrom, viewOf } from './payload.js';
import { starChunks } from './star-chunks.js';
import { describeMessage } from './two-steps.js';

export class StarHub implements Hub {
  readonly #chunks: readonly Range[];
  readonly #blocks: readonly (readonly HeldBlock[])[];
  readonly #sum: TreeSum;
  readonly #roots: readonly [number, number];
  readonly #bytes: Uint8Array;
  readonly #kernels: Kernels;
  /** How many chunks of each rank are here. */
  readonly #arrived: number[];
  /** How many are summed. */
  #summed = 0;
  #step: number;

  /**
   * @param backend adds up the blocks
   * @param ranges each rank's shards
   * @param floats length of the vector
   * @param step the first one
   */
  constructor(backend: Backend, ranges: readonly Range[], floats: number, step: number) {
    this.#chunks = starChunks(floats);
    this.#step = step;
    const take = placesFrom(Math.ceil(heapBase / 64) * 64);
    this.#blocks = ranges.map((range) =>
      alignedBlocks(range).map((block) => ({ ...block, address: take(floats) })),
    );
    this.#arrived = ranges.map(() => 0);
    this.#roots = [take(floats), take(floats)];
    this.#sum = sumTree(shardsOf(ranges), this.#blocks.flat());
    const memory = backend.createMemory(take(0));
    this.#bytes = new Uint8Array(memory.buffer);
    this.#kernels = backend.kernels(memory);
  }

  get step(): number {
    return this.#step;
  }

  accept(
    rank: number,
    step: number,
    offset: number,
    payload: readonly Uint8Array[],
  ): readonly SummedPart[] {
    const blocks = this.#blocks[rank];
    if (!blocks) throw new ProtocolError(`all-reduce: there is no rank ${rank} in this star`);
    const chunk = this.#chunks[this.#arrived[rank]!];
    if (step !== this.#step || !chunk) {
      throw new ProtocolError(
        `all-reduce: rank ${rank} sent its partial for step ${step}${step === this.#step ? ' twice' : `, the star is at ${this.#step}`}`,
      );
    }
    const what = describeMessage('partial', rank, step);
    checkOffset(what, offset, chunk.first);
    const places = blocks.map(({ address }) => address + 4 * chunk.first);
    copyInto(this.#bytes, places, 4 * rangeLength(chunk), payload, what);
    this.#arrived[rank] = blocks.length === 0 ? this.#chunks.length : this.#arrived[rank]! + 1;
    return this.#sumUp();
  }

  /** All that can be added now. */
  #sumUp(): SummedPart[] {
    const least = Math.min(...this.#arrived);
    const parts = this.#chunks.slice(this.#summed, least).map((chunk) => this.#add(chunk));
    this.#summed = least;
    if (least === this.#chunks.length) {
      this.#arrived.fill(0);
      this.#summed = 0;
      this.#step++;
    }
    return parts;
  }

  #add(chunk: Range): SummedPart {
    const floats = rangeLength(chunk);
    const at = 4 * chunk.first;
    for (const { into, from } of this.#sum.adds) {
      this.#kernels.addInto(into + at, from + at, floats);
    }
    const root = this.#roots[(this.#step % 2) as 0 | 1] + at;
    copyFloats(this.#kernels, root, this.#sum.root + at, floats);
    return { offset: chunk.first, sum: viewOf(this.#bytes, root, floats) };
  }
}
