// Everything goes through the coordinator: one message up with all blocks of a rank, whole, and one down with the sum.
// The coordinator's side is star-hub.ts.
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
import { checkOffset, copyInto, placeBytes, placesFrom, viewOf } from './payload.js';
import { StarHub } from './star-hub.js';
import { describeMessage, sideOf, TwoSteps, twice, unexpected } from './two-steps.js';

export const star: AllReduceMethod = {
  name: 'star',
  topology: 'star',
  suits: () => true,
  sendsEarly: false,
  memoryBytes: ({ floats }) => 2 * placeBytes(floats),
  largestMessage: ({ floats }, from) => (from === COORDINATOR ? 4 * floats : 0),
  sentBytes: ({ ranges, rank, floats }, to) =>
    to === COORDINATOR ? 4 * alignedBlocks(ranges[rank]!).length * floats : 0,
  start: (shape, place) => new Star(shape, place),
  hub: ({ ranges, floats }, step, backend) => new StarHub(backend, ranges, floats, step),
};

interface Progress {
  step: number;
  begun: boolean;
  arrived: boolean;
}

class Star implements AllReduce {
  readonly #shape: AllReduceShape;
  readonly #bytes: Uint8Array;
  /** Where the sum is put, for even and for odd steps. */
  readonly #roots: readonly [number, number];
  /** This rank's blocks, where they are computed. */
  readonly #own: readonly Uint8Array[];
  readonly #steps = new TwoSteps<Progress>(
    () => ({ step: -1, begun: false, arrived: false }),
    (progress) => {
      progress.begun = false;
      progress.arrived = false;
    },
  );

  constructor(shape: AllReduceShape, { memory, address, own }: AllReduceMemory) {
    const { floats } = shape;
    this.#shape = shape;
    this.#bytes = new Uint8Array(memory.buffer);
    const take = placesFrom(address);
    this.#roots = [take(floats), take(floats)];
    this.#own = own.map((block) => viewOf(this.#bytes, block.address, floats));
  }

  get complete(): boolean {
    const progress = this.#steps.current;
    return (progress?.begun && progress.arrived) ?? false;
  }

  get root(): number {
    return this.#roots[this.#steps.side];
  }

  sum(): Uint8Array {
    return viewOf(this.#bytes, this.root, this.#shape.floats);
  }

  /** Nothing is sent before all blocks are there. */
  begin(step: number, count = this.#own.length): Outgoing[] {
    const progress = this.#steps.begin(step);
    progress.begun = count === this.#own.length;
    if (!progress.begun) return [];
    return [{ to: COORDINATOR, kind: 'partial', step, offset: 0, payload: this.#own }];
  }

  accept(
    kind: MessageKind,
    from: number,
    step: number,
    offset: number,
    payload: readonly Uint8Array[],
  ): [] {
    const { rank, floats } = this.#shape;
    if (kind !== 'sum' || from !== COORDINATOR) {
      throw unexpected(kind, from, `rank ${rank} of a star`);
    }
    const progress = this.#steps.expect(kind, from, step);
    if (progress.arrived) throw twice(kind, from, step);
    const what = describeMessage(kind, from, step);
    checkOffset(what, offset, 0);
    copyInto(this.#bytes, [this.#roots[sideOf(step)]], 4 * floats, payload, what);
    progress.arrived = true;
    return [];
  }
}
