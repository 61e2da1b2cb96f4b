// The coordinator's side of the all-reduce in a star: it takes every rank's blocks, adds them up along the tree,
// and hands out the sum. Each rank sends once a step, a rank without shards an empty message, so nobody can run
// ahead. Sums have two places, by the parity of the step: one may still be on its way out when the next is added.
import { ProtocolError } from '@lockstep/errors';
import { heapBase, wasm } from '@lockstep/kernels';
import { alignedBlocks, type HeldBlock, type Range, sumTree, type TreeSum } from '@lockstep/tree';
import { copyInto } from './exchange.js';

export class StarHub {
  readonly #floats: number;
  readonly #blocks: readonly (readonly HeldBlock[])[];
  readonly #sum: TreeSum;
  readonly #roots: readonly [number, number];
  readonly #bytes: Uint8Array;
  readonly #addInto: (into: number, from: number, floats: number) => void;
  readonly #arrived = new Set<number>();
  #step: number;

  /**
   * @param ranges each rank's shards
   * @param floats length of the vector
   * @param step the first one
   */
  constructor(shards: number, ranges: readonly Range[], floats: number, step: number) {
    this.#floats = floats;
    this.#step = step;
    const stride = Math.ceil((4 * floats) / 64) * 64;
    let end = Math.ceil(heapBase / 64) * 64;
    const take = (): number => {
      end += stride;
      return end - stride;
    };
    this.#blocks = ranges.map((range) =>
      alignedBlocks(range).map((block) => ({ ...block, address: take() })),
    );
    this.#roots = [take(), take()];
    this.#sum = sumTree(shards, this.#blocks.flat());
    const memory = wasm.createMemory(end);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#addInto = wasm.kernels(memory).addInto;
  }

  /** The step whose sum is next. */
  get step(): number {
    return this.#step;
  }

  /**
   * Takes a rank's blocks of a step.
   *
   * @param payload pieces of one run of bytes: its blocks, whole, in order
   * @returns the sum, once the last rank's have come: a view that stays as it is for a step; else undefined
   * @throws ProtocolError if it is not a message that the step can need, or has another size
   */
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
      `all-reduce: step ${step}: partial of rank ${rank}`,
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
