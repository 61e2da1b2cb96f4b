// Everything goes through the coordinator, chunk by chunk: a message up with that chunk of all blocks of a rank, and one down
// with its sum, while the next chunks are still on their way. So a step takes as long as the larger of the two directions and
// one chunk of the other: K messages and 4 b V bytes up, K and 4 V down, for K chunks (star-chunks.ts) of b blocks. A rank without
// shards sends one empty message. The coordinator's side is star-hub.ts.
import { alignedBlocks, type Range, rangeLength } from '@lockstep/tree';
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
import { longestChunk, starChunks } from './star-chunks.js';
import { StarHub } from './star-hub.js';
import { describeMessage, sideOf, TwoSteps, twice, unexpected } from './two-steps.js';

export const star: AllReduceMethod = {
  name: 'star',
  topology: 'star',
  suits: () => true,
  sendsEarly: false,
  memoryBytes: ({ floats }) => 2 * placeBytes(floats),
  largestMessage({ ranges, rank, floats }, from) {
    if (from === COORDINATOR) return 4 * longestChunk(floats);
    return rank === COORDINATOR ? 4 * blocksOf(ranges[from]!) * longestChunk(floats) : 0;
  },
  sentBytes({ ranges, rank, floats }, to) {
    if (rank === COORDINATOR) return 4 * floats;
    return to === COORDINATOR ? 4 * blocksOf(ranges[rank]!) * floats : 0;
  },
  start: (shape, place) => new Star(shape, place),
  hub: ({ ranges, floats }, step, backend) => new StarHub(backend, ranges, floats, step),
};

function blocksOf(range: Range): number {
  return alignedBlocks(range).length;
}

interface Progress {
  step: number;
  begun: boolean;
  /** How many chunks of the sum are here. */
  arrived: number;
}

class Star implements AllReduce {
  readonly #shape: AllReduceShape;
  readonly #chunks: readonly Range[];
  readonly #bytes: Uint8Array;
  /** Where the sum is put, for even and for odd steps. */
  readonly #roots: readonly [number, number];
  /** This rank's blocks, where they are computed. */
  readonly #own: readonly number[];
  readonly #steps = new TwoSteps<Progress>(
    () => ({ step: -1, begun: false, arrived: 0 }),
    (progress) => {
      progress.begun = false;
      progress.arrived = 0;
    },
  );

  constructor(shape: AllReduceShape, { memory, address, own }: AllReduceMemory) {
    const { floats } = shape;
    this.#shape = shape;
    this.#chunks = starChunks(floats);
    this.#bytes = new Uint8Array(memory.buffer);
    const take = placesFrom(address);
    this.#roots = [take(floats), take(floats)];
    this.#own = own.map(({ address: place }) => place);
  }

  get complete(): boolean {
    const progress = this.#steps.current;
    return progress?.begun === true && progress.arrived === this.#chunks.length;
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
    const sent = this.#own.length === 0 ? this.#chunks.slice(0, 1) : this.#chunks;
    return sent.map((chunk) => ({
      to: COORDINATOR,
      kind: 'partial',
      step,
      offset: chunk.first,
      payload: this.#own.map((place) =>
        viewOf(this.#bytes, place + 4 * chunk.first, rangeLength(chunk)),
      ),
    }));
  }

  accept(
    kind: MessageKind,
    from: number,
    step: number,
    offset: number,
    payload: readonly Uint8Array[],
  ): [] {
    const { rank } = this.#shape;
    if (kind !== 'sum' || from !== COORDINATOR) {
      throw unexpected(kind, from, `rank ${rank} of a star`);
    }
    const progress = this.#steps.expect(kind, from, step);
    const chunk = this.#chunks[progress.arrived];
    if (!chunk) throw twice(kind, from, step);
    const what = describeMessage(kind, from, step);
    checkOffset(what, offset, chunk.first);
    const place = this.#roots[sideOf(step)] + 4 * chunk.first;
    copyInto(this.#bytes, [place], 4 * rangeLength(chunk), payload, what);
    progress.arrived += 1;
    return [];
  }
}
