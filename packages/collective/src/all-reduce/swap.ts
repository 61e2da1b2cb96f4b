// Two ranks with one block each, the two halves of the batch: each sends its block whole, and both add left + right. As
// many bytes as in a mesh of two, in one round instead of two.
import { alignedBlocks } from '@lockstep/tree';
import {
  type AllReduce,
  type AllReduceMemory,
  type AllReduceMethod,
  type AllReduceShape,
  COORDINATOR,
  type MessageKind,
  type Outgoing,
} from './all-reduce.js';
import { checkOffset, copyFloats, copyInto, placeBytes, placesFrom, viewOf } from './payload.js';
import { describeMessage, sideOf, TwoSteps, twice, unexpected } from './two-steps.js';

export const swap: AllReduceMethod = {
  name: 'swap',
  topology: 'mesh',
  suits: ({ ranges }) =>
    ranges.length === 2 && ranges.every((range) => alignedBlocks(range).length === 1),
  sendsEarly: false,
  memoryBytes: ({ floats }) => 4 * placeBytes(floats),
  largestMessage: ({ floats }, from) => (from === COORDINATOR ? 0 : 4 * floats),
  sentBytes: ({ floats }, to) => (to === COORDINATOR ? 0 : 4 * floats),
  start: (shape, place) => new Swap(shape, place),
};

interface Progress {
  step: number;
  begun: boolean;
  arrived: boolean;
  summed: boolean;
}

class Swap implements AllReduce {
  readonly #shape: AllReduceShape;
  readonly #kernels: AllReduceMemory['kernels'];
  readonly #bytes: Uint8Array;
  readonly #own: number;
  /** Where this rank's block is sent from, for even and for odd steps. */
  readonly #sent: readonly [number, number];
  /** Where the other's is put. */
  readonly #received: readonly [number, number];
  readonly #steps = new TwoSteps<Progress>(
    () => ({ step: -1, begun: false, arrived: false, summed: false }),
    (progress) => {
      progress.begun = false;
      progress.arrived = false;
      progress.summed = false;
    },
  );

  constructor(shape: AllReduceShape, { memory, kernels, address, own }: AllReduceMemory) {
    const { floats } = shape;
    this.#shape = shape;
    this.#kernels = kernels;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#own = own[0]!.address;
    const take = placesFrom(address);
    this.#sent = [take(floats), take(floats)];
    this.#received = [take(floats), take(floats)];
  }

  get complete(): boolean {
    return this.#steps.current?.summed ?? false;
  }

  get root(): number {
    return this.#left(this.#steps.side);
  }

  sum(): Uint8Array {
    return viewOf(this.#bytes, this.root, this.#shape.floats);
  }

  /** The block is sent from a copy: here the sum being complete does not show that the other side has it. */
  begin(step: number, count = 1): Outgoing[] {
    const { rank, floats } = this.#shape;
    const progress = this.#steps.begin(step);
    if (count < 1) return [];
    progress.begun = true;
    const copy = this.#sent[sideOf(step)];
    copyFloats(this.#kernels, copy, this.#own, floats);
    this.#add(progress);
    const payload = [viewOf(this.#bytes, copy, floats)];
    return [{ to: 1 - rank, kind: 'partial', step, offset: 0, payload }];
  }

  accept(
    kind: MessageKind,
    from: number,
    step: number,
    offset: number,
    payload: readonly Uint8Array[],
  ): [] {
    const { rank, floats } = this.#shape;
    if (kind !== 'partial' || from !== 1 - rank) {
      throw unexpected(kind, from, `rank ${rank} of two that swap`);
    }
    const progress = this.#steps.expect(kind, from, step);
    if (progress.arrived) throw twice(kind, from, step);
    const what = describeMessage(kind, from, step);
    checkOffset(what, offset, 0);
    copyInto(this.#bytes, [this.#received[sideOf(step)]], 4 * floats, payload, what);
    progress.arrived = true;
    this.#add(progress);
    return [];
  }

  /** Adds the two up, once both are there. */
  #add(progress: Progress): void {
    if (!progress.begun || !progress.arrived || progress.summed) return;
    const received = this.#received[sideOf(progress.step)];
    const left = this.#left(sideOf(progress.step));
    const right = left === received ? this.#own : received;
    this.#kernels.addInto(left, right, this.#shape.floats);
    progress.summed = true;
  }

  /** Where the first rank's block is, to which the second one's is added. */
  #left(side: 0 | 1): number {
    return this.#shape.rank === 0 ? this.#own : this.#received[side];
  }
}
