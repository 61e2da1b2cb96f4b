// Each rank finishes one chunk of the vector. It sends every other rank that rank's chunk of its blocks (reduce-scatter),
// adds up its own chunk from everyone's blocks along the tree, and sends the result to all (all-gather): 2 (P - 1)
// messages and about 2 (P - 1) / P of the vector's bytes, with one block a rank. Blocks that are there before the others
// may be handed over before them: P - 1 messages more for each such bucket.
import {
  alignedBlocks,
  type HeldBlock,
  partition,
  type Range,
  rangeLength,
  sumTree,
  type TreeSum,
} from '@lockstep/tree';
import {
  type AllReduce,
  type AllReduceMemory,
  type AllReduceMethod,
  type AllReduceShape,
  COORDINATOR,
  type MessageKind,
  type Outgoing,
  shardsOf,
} from './all-reduce.js';
import {
  checkOffset,
  copyFirst,
  copyFloats,
  copyInto,
  placeBytes,
  placesFrom,
  viewOf,
} from './payload.js';
import { describeMessage, sideOf, TwoSteps, twice, unexpected } from './two-steps.js';

/** Chunks begin at multiples of so many floats: a cache line. */
const CHUNK_FLOATS = 16;

/** The part of the vector that each rank finishes, in floats. */
export function chunksOf(floats: number, ranks: number): Range[] {
  return partition(Math.ceil(floats / CHUNK_FLOATS), ranks).map(({ first, end }) => ({
    first: first * CHUNK_FLOATS,
    end: Math.min(end * CHUNK_FLOATS, floats),
  }));
}

/** Floats of a rank's chunk. */
function chunkFloats({ ranges, floats }: AllReduceShape, rank: number): number {
  return rangeLength(chunksOf(floats, ranges.length)[rank]!);
}

export const mesh: AllReduceMethod = {
  name: 'mesh',
  topology: 'mesh',
  suits: () => true,
  sendsEarly: true,
  memoryBytes(shape) {
    const { ranges, rank, floats } = shape;
    const others = ranges.flatMap((range, other) => (other === rank ? [] : alignedBlocks(range)));
    // Of even and of odd steps: the sum, the others' blocks and what is sent.
    return 2 * (placeBytes(floats) + (others.length + 1) * placeBytes(chunkFloats(shape, rank)));
  },
  largestMessage(shape, from) {
    if (from === COORDINATOR) return 0;
    const blocks = alignedBlocks(shape.ranges[from]!).length;
    return 4 * Math.max(blocks * chunkFloats(shape, shape.rank), chunkFloats(shape, from));
  },
  sentBytes(shape, to) {
    if (to === COORDINATOR) return 0;
    const { ranges, rank } = shape;
    const blocks = alignedBlocks(ranges[rank]!).length;
    return 4 * (blocks * chunkFloats(shape, to) + chunkFloats(shape, rank));
  },
  start: (shape, place) => new Mesh(shape, place),
};

interface Progress {
  step: number;
  /** Of each rank: how many of its blocks are here. */
  readonly blocks: Map<number, number>;
  /** Ranks whose blocks are here, all of them. */
  readonly partials: Set<number>;
  /** Ranks whose chunk of the sum is here. */
  readonly sums: Set<number>;
  /** How many of this rank's own blocks are handed over. */
  handed: number;
  /** Whether all of them are computed. */
  begun: boolean;
  summed: boolean;
}

/** Where things are in even or in odd steps. */
interface Places {
  /** Where the sum comes together. */
  readonly root: number;
  /** Where each other rank's blocks are put, of this rank's chunk. */
  readonly received: ReadonlyMap<number, readonly HeldBlock[]>;
  /** Where this rank's chunk of the sum is sent from: it may be on its way while the optimizer changes the sum. */
  readonly sent: number;
  /** What adds this rank's chunk up. */
  readonly tree: TreeSum;
}

class Mesh implements AllReduce {
  readonly #shape: AllReduceShape;
  readonly #place: AllReduceMemory;
  readonly #bytes: Uint8Array;
  readonly #chunks: readonly Range[];
  readonly #chunk: Range;
  readonly #places: readonly [Places, Places];
  readonly #steps = new TwoSteps<Progress>(nothing, clear);

  constructor(shape: AllReduceShape, place: AllReduceMemory) {
    const { ranges, rank, floats } = shape;
    this.#shape = shape;
    this.#place = place;
    this.#bytes = new Uint8Array(place.memory.buffer);
    this.#chunks = chunksOf(floats, ranges.length);
    this.#chunk = this.#chunks[rank]!;
    const length = rangeLength(this.#chunk);
    const own = place.own.map((block) => ({
      ...block,
      address: block.address + 4 * this.#chunk.first,
    }));
    const take = placesFrom(place.address);
    const receive = (): Map<number, HeldBlock[]> => {
      const blocks = new Map<number, HeldBlock[]>();
      for (const [other, range] of ranges.entries()) {
        if (other === rank) continue;
        const held = alignedBlocks(range).map((block) => ({ ...block, address: take(length) }));
        blocks.set(other, held);
      }
      return blocks;
    };
    const places = (root: number, received: Places['received'], sent: number): Places => {
      const blocks = [...own, ...[...received.values()].flat()];
      return { root, received, sent, tree: sumTree(shardsOf(ranges), blocks) };
    };
    const roots = [take(floats), take(floats)] as const;
    const received = [receive(), receive()] as const;
    const sent = [take(length), take(length)] as const;
    this.#places = [places(roots[0], received[0], sent[0]), places(roots[1], received[1], sent[1])];
  }

  get complete(): boolean {
    const progress = this.#steps.current;
    if (!progress?.begun) return false;
    return this.#chunks.every(
      (chunk, owner) =>
        rangeLength(chunk) === 0 ||
        (owner === this.#shape.rank ? progress.summed : progress.sums.has(owner)),
    );
  }

  get root(): number {
    return this.#places[this.#steps.side].root;
  }

  sum(): Uint8Array {
    return viewOf(this.#bytes, this.root, this.#shape.floats);
  }

  begin(step: number, count = this.#place.own.length): Outgoing[] {
    const { ranges, rank } = this.#shape;
    const { own } = this.#place;
    const progress = this.#steps.begin(step);
    progress.begun = count === own.length;
    const bucket = own.slice(progress.handed, count);
    progress.handed = count;
    const messages = ranges.flatMap((_, to): Outgoing[] => {
      const chunk = this.#chunks[to]!;
      if (to === rank || rangeLength(chunk) === 0) return [];
      const payload = bucket.map(({ address }) =>
        viewOf(this.#bytes, address + 4 * chunk.first, rangeLength(chunk)),
      );
      return [{ to, kind: 'partial', step, offset: chunk.first, payload }];
    });
    return [...messages, ...this.#finishChunk(progress)];
  }

  accept(
    kind: MessageKind,
    from: number,
    step: number,
    offset: number,
    payload: readonly Uint8Array[],
  ): Outgoing[] {
    const { ranges, rank } = this.#shape;
    const chunk = kind === 'sum' ? this.#chunks[from] : this.#chunk;
    if (from === rank || from >= ranges.length || rangeLength(chunk!) === 0) {
      throw unexpected(kind, from, `rank ${rank} of a mesh`);
    }
    const progress = this.#steps.expect(kind, from, step);
    const has = kind === 'sum' ? progress.sums : progress.partials;
    if (has.has(from)) throw twice(kind, from, step);
    const what = describeMessage(kind, from, step);
    const { first } = chunk!;
    checkOffset(what, offset, first);
    const bytes = 4 * rangeLength(chunk!);
    const { root, received } = this.#places[sideOf(step)];
    if (kind === 'sum') {
      copyInto(this.#bytes, [root + 4 * first], bytes, payload, what);
      has.add(from);
      return [];
    }
    const blocks = received.get(from)!;
    const arrived = progress.blocks.get(from) ?? 0;
    const left = blocks.slice(arrived).map(({ address }) => address);
    const count = copyFirst(this.#bytes, left, bytes, payload, what);
    progress.blocks.set(from, arrived + count);
    if (arrived + count < blocks.length) return [];
    has.add(from);
    return this.#finishChunk(progress);
  }

  /** Adds this rank's chunk up, once everything for it is there. */
  #finishChunk(progress: Progress): Outgoing[] {
    const { ranges, rank } = this.#shape;
    const { step } = progress;
    const { first } = this.#chunk;
    const floats = rangeLength(this.#chunk);
    const isReady = progress.begun && progress.partials.size === ranges.length - 1;
    if (progress.summed || !isReady || floats === 0) return [];
    progress.summed = true;
    const { root, sent, tree } = this.#places[sideOf(step)];
    const { kernels } = this.#place;
    for (const { into, from } of tree.adds) kernels.addInto(into, from, floats);
    copyFloats(kernels, root + 4 * first, tree.root, floats);
    copyFloats(kernels, sent, tree.root, floats);
    const payload = [viewOf(this.#bytes, sent, floats)];
    return ranges.flatMap((_, to): Outgoing[] =>
      to === rank ? [] : [{ to, kind: 'sum', step, offset: first, payload }],
    );
  }
}

function nothing(): Progress {
  return {
    step: -1,
    blocks: new Map(),
    partials: new Set(),
    sums: new Set(),
    handed: 0,
    begun: false,
    summed: false,
  };
}

function clear(progress: Progress): void {
  progress.blocks.clear();
  progress.partials.clear();
  progress.sums.clear();
  progress.handed = 0;
  progress.begun = false;
  progress.summed = false;
}
