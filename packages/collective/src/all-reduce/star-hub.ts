// The coordinator's side of the all-reduce in a star: it takes every rank's blocks, adds them up along the tree,
// and hands out the sum. Each rank sends once a step, a rank without shards an empty message, so nobody can run
// ahead. Sums have two places, by the parity of the step: one may still be on its way out when the next is added.
import { ProtocolError } from '@lockstep/errors';
import { type Backend, heapBase } from '@lockstep/kernels';
import { alignedBlocks, type HeldBlock, type Range, sumTree, type TreeSum } from '@lockstep/tree';
import { type Hub, shardsOf } from './all-reduce.js';
import { copyInto, placesFrom } from './payload.js';
import { describeMessage } from './two-steps.js';

export class StarHub implements Hub {
  readonly #floats: number;
  readonly #blocks: readonly (readonly HeldBlock[])[];
  readonly #sum: TreeSum;
  readonly #roots: readonly [number, number];
  readonly #bytes: Uint8Array;
  readonly #addInto: (into: number, from: number, floats: number) => void;
  readonly #arrived = new Set<number>();
  #step: number;

  /**
   * @param backend adds up the blocks
   * @param ranges each rank's shards
   * @param floats length of the vector
   * @param step the first one
   */
  constructor(backend: Backend, ranges: readonly Range[], floats: number, step: number) {
    this.#floats = floats;
    this.#step = step;
    const take = placesFrom(Math.ceil(heapBase / 64) * 64);
    this.#blocks = ranges.map((range) =>
      alignedBlocks(range).map((block) => ({ ...block, address: take(floats) })),
    );
    this.#roots = [take(floats), take(floats)];
    this.#sum = sumTree(shardsOf(ranges), this.#blocks.flat());
    const memory = backend.createMemory(take(0));
    this.#bytes = new Uint8Array(memory.buffer);
    this.#addInto = backend.kernels(memory).addInto;
  }

  get step(): number {
    return this.#step;
  }

  accept(
    rank: number,
    step: number,
    offset: number,
    payload: readonly Uint8Array[],
  ): Uint8Array | undefined {
    const blocks = this.#blocks[rank];
    if (!blocks || offset !== 0) {
      throw new ProtocolError(`all-reduce: rank ${rank} sent floats from ${offset}; no such part`);
    }
    if (step !== this.#step || this.#arrived.has(rank)) {
      throw new ProtocolError(
        `all-reduce: rank ${rank} sent its partial for step ${step}${step === this.#step ? ' twice' : `, the star is at ${this.#step}`}`,
      );
    }
    copyInto(
      this.#bytes,
      blocks.map(({ address }) => address),
      4 * this.#floats,
      payload,
      describeMessage('partial', rank, step),
    );
    this.#arrived.add(rank);
    if (this.#arrived.size < this.#blocks.length) return undefined;
    for (const { into, from } of this.#sum.adds) this.#addInto(into, from, this.#floats);
    const root = this.#roots[(step % 2) as 0 | 1];
    this.#bytes.copyWithin(root, this.#sum.root, this.#sum.root + 4 * this.#floats);
    this.#arrived.clear();
    this.#step++;
    return this.#bytes.subarray(root, root + 4 * this.#floats);
  }
}
