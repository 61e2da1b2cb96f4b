// A worker's side of the all-reduce of one step, between machines. It says what to send and takes what comes;
// it knows nothing of sockets. The sum has the bits of the tree over all shards, whoever holds which.
//
// mesh: each rank finishes one chunk of the vector. It sends every other rank that rank's chunk of its blocks
// (reduce-scatter), adds up its own chunk from everyone's blocks along the tree, and sends the result to all
// (all-gather): 2 (P - 1) messages and about 2 (P - 1) / P of the vector's bytes, with one block a rank. Blocks that are
// there before the others may be handed over before them: P - 1 messages more for each such bucket.
// Two ranks with a block each send it whole and both add: the same bytes in one round instead of two.
// star: one message up with all blocks, one down with the sum.
//
// Others may be one step ahead, never two: for the next but one they need what this rank has not sent. So what is
// received has two places, by the parity of the step. What was sent stays as it is until the other side has
// answered, so sending needs no copy.
import { ProtocolError } from '@lockstep/errors';
import type { Kernels } from '@lockstep/kernels';
import {
  alignedBlocks,
  type HeldBlock,
  partition,
  type Range,
  rangeLength,
  sumTree,
} from '@lockstep/tree';

/** The rank of the coordinator in messages of a star. */
export const COORDINATOR = 0xffff;

export type ExchangeTopology = 'alone' | 'star' | 'mesh';

/** What the sizes of messages follow from. */
export interface ExchangeShape {
  /** Each rank's shards. */
  readonly ranges: readonly Range[];
  readonly rank: number;
  readonly topology: ExchangeTopology;
  /** Length of the vector. */
  readonly floats: number;
}

export interface ExchangeSetting extends ExchangeShape {
  /** Of the batch, a power of two. */
  readonly shards: number;
}

export interface ExchangeMemory {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Pick<Kernels, 'addInto'>;
  /** Byte address of `exchangeBytes` bytes, a multiple of 16. */
  readonly address: number;
  /** Where this rank's blocks lie once its shards are computed, in order. */
  readonly own: readonly HeldBlock[];
}

/** A message of the all-reduce. */
export interface Outgoing {
  /** A rank, or COORDINATOR. */
  readonly to: number;
  readonly kind: 'partial' | 'sum';
  readonly step: number;
  /** First float of the vector that it is about. */
  readonly offset: number;
  /** Views of shared memory. */
  readonly payload: readonly Uint8Array[];
}

/** Chunks begin at multiples of so many floats: a cache line. */
const CHUNK_FLOATS = 16;

/** The part of the vector that each rank of a mesh finishes, in floats. */
export function chunksOf(floats: number, ranks: number): Range[] {
  return partition(Math.ceil(floats / CHUNK_FLOATS), ranks).map(({ first, end }) => ({
    first: first * CHUNK_FLOATS,
    end: Math.min(end * CHUNK_FLOATS, floats),
  }));
}

/** Whether two ranks swap their blocks. */
function isSwap({ ranges, topology }: ExchangeShape): boolean {
  const hasOne = (range: Range): boolean => alignedBlocks(range).length === 1;
  return topology === 'mesh' && ranges.length === 2 && ranges.every(hasOne);
}

/** What each rank of a mesh finishes; of two that swap, everything. */
function dealChunks(setting: ExchangeShape): readonly Range[] {
  const { ranges, topology, floats } = setting;
  if (topology !== 'mesh') return [];
  return isSwap(setting)
    ? ranges.map(() => ({ first: 0, end: floats }))
    : chunksOf(floats, ranges.length);
}

/** Bytes of shared memory that an exchange takes. */
export function exchangeBytes(setting: ExchangeShape): number {
  const { ranges, rank, topology, floats } = setting;
  if (topology === 'alone') return 0;
  const roots = 2 * align(4 * floats);
  if (topology === 'star') return roots;
  const chunk = rangeLength(dealChunks(setting)[rank]!);
  const blocks = ranges.flatMap((range, other) => (other === rank ? [] : alignedBlocks(range)));
  const sent = isSwap(setting) ? 0 : 1;
  return roots + 2 * (blocks.length + sent) * align(4 * chunk);
}

/** Bytes of the largest message that rank `from` of a mesh can have to send to this rank. */
export function largestMessage(setting: ExchangeShape, from: number): number {
  const chunks = dealChunks(setting);
  const blocks = alignedBlocks(setting.ranges[from]!).length;
  return 4 * Math.max(blocks * rangeLength(chunks[setting.rank]!), rangeLength(chunks[from]!));
}

/** Bytes of payload that this rank sends in a step. @param to a rank of a mesh, or COORDINATOR */
export function sentBytes(setting: ExchangeShape, to: number): number {
  const { ranges, rank, topology, floats } = setting;
  const blocks = alignedBlocks(ranges[rank]!).length;
  if (to === COORDINATOR) return topology === 'star' ? 4 * blocks * floats : 0;
  const chunks = dealChunks(setting);
  const partial = blocks * rangeLength(chunks[to]!);
  return 4 * (isSwap(setting) ? partial : partial + rangeLength(chunks[rank]!));
}

/** What has come of one step. */
interface Progress {
  step: number;
  /** Ranks whose blocks are here, all of them. */
  readonly partials: Set<number>;
  /** Of each rank: how many of its blocks are here. */
  readonly blocks: Map<number, number>;
  /** Ranks whose chunk of the sum is here. */
  readonly sums: Set<number>;
  /** How many of this rank's own blocks are handed over. */
  handed: number;
  /** Whether all of them are computed. */
  begun: boolean;
  summed: boolean;
}

export class Exchange {
  readonly #setting: ExchangeSetting;
  readonly #place: ExchangeMemory;
  readonly #chunks: readonly Range[];
  readonly #swaps: boolean;
  /** Where each other rank's blocks are put, for even and for odd steps; undefined for this rank. */
  readonly #slots: readonly [Map<number, HeldBlock[]>, Map<number, HeldBlock[]>];
  /** Where the sum comes together, for even and for odd steps; of ranks that swap, where their block is sent from. */
  readonly #roots: readonly [number, number];
  /** Where this rank's chunk of the sum is sent from: it may be on its way while the optimizer changes the sum. */
  readonly #sent: readonly [number, number] | undefined;
  readonly #bytes: Uint8Array;
  readonly #progress: readonly [Progress, Progress] = [nothing(), nothing()];
  #step: number | undefined;

  constructor(setting: ExchangeSetting, place: ExchangeMemory) {
    this.#setting = setting;
    this.#place = place;
    const { ranges, rank, topology, floats } = setting;
    this.#bytes = new Uint8Array(place.memory.buffer);
    this.#chunks = dealChunks(setting);
    this.#swaps = isSwap(setting);
    let end = place.address;
    const take = (count: number): number => {
      const address = end;
      end += align(4 * count);
      return address;
    };
    const mine = this.#chunks[rank];
    const slots = (): Map<number, HeldBlock[]> =>
      new Map(
        ranges.flatMap((range, other): [number, HeldBlock[]][] => {
          if (!mine || other === rank) return [];
          const blocks = alignedBlocks(range);
          return [[other, blocks.map((block) => ({ ...block, address: take(rangeLength(mine)) }))]];
        }),
      );
    this.#roots =
      topology === 'alone'
        ? [place.own[0]!.address, place.own[0]!.address]
        : [take(floats), take(floats)];
    this.#slots = [slots(), slots()];
    this.#sent =
      mine && !this.#swaps ? [take(rangeLength(mine)), take(rangeLength(mine))] : undefined;
  }

  /** Whether the step's whole sum is there. */
  get complete(): boolean {
    return this.#step !== undefined && this.#isComplete(this.#at(this.#step));
  }

  /** Byte address of the step's sum; of use when it is complete. */
  get root(): number {
    const side = parity(this.#step ?? 0);
    return this.#swaps ? this.#left(side) : this.#roots[side];
  }

  /** The step's sum, once it is complete: a view of it until the step is taken, which may change it. */
  sum(): Uint8Array {
    return this.#view(this.root, this.#setting.floats);
  }

  /** Of two ranks that swap: where the first one's block is, to which the second one's is added. */
  #left(side: 0 | 1): number {
    const { rank } = this.#setting;
    return rank === 0 ? this.#place.own[0]!.address : this.#slots[side].get(0)![0]!.address;
  }

  /**
   * This rank's blocks of a step are computed.
   *
   * @param step the one after that of the call before; the first may be any
   * @param count so many of the blocks, in order, if not all: then this is to be called again with the others. In a
   * star nothing is sent before all are there
   * @returns what to send
   */
  begin(step: number, count = this.#place.own.length): Outgoing[] {
    const { topology, ranges, rank } = this.#setting;
    const { own } = this.#place;
    this.#step = step;
    const progress = this.#at(step);
    progress.begun = count === own.length;
    if (topology === 'alone' || (topology === 'star' && !progress.begun)) return [];
    if (topology === 'star') {
      const payload = own.map(({ address }) => this.#view(address, this.#setting.floats));
      return [{ to: COORDINATOR, kind: 'partial', step, offset: 0, payload }];
    }
    if (this.#swaps) return [this.#handOver(step), ...this.#finishChunk(progress)];
    const bucket = own.slice(progress.handed, count);
    progress.handed = count;
    const messages = ranges.flatMap((_, to): Outgoing[] => {
      const chunk = this.#chunks[to]!;
      if (to === rank || rangeLength(chunk) === 0) return [];
      const payload = bucket.map(({ address }) =>
        this.#view(address + 4 * chunk.first, rangeLength(chunk)),
      );
      return [{ to, kind: 'partial', step, offset: chunk.first, payload }];
    });
    return [...messages, ...this.#finishChunk(progress)];
  }

  /** The whole block, from a copy: here the sum being complete does not show that the other side has it. */
  #handOver(step: number): Outgoing {
    const { rank, floats } = this.#setting;
    const { address } = this.#place.own[0]!;
    const copy = this.#roots[parity(step)];
    this.#bytes.copyWithin(copy, address, address + 4 * floats);
    const payload = [this.#view(copy, floats)];
    return { to: 1 - rank, kind: 'partial', step, offset: 0, payload };
  }

  /**
   * A message came in; it is copied.
   *
   * @param from a rank, or COORDINATOR
   * @param payload pieces of one run of bytes
   * @returns what to send in answer
   * @throws ProtocolError if it is not a message that this or the next step can need, or has another size
   */
  accept(
    kind: 'partial' | 'sum',
    from: number,
    step: number,
    offset: number,
    payload: readonly Uint8Array[],
  ): Outgoing[] {
    const progress = this.#expect(kind, from, step);
    const what = `${kind} of ${from === COORDINATOR ? 'the coordinator' : `rank ${from}`}`;
    const chunk = this.#chunkOf(kind, from);
    if (offset !== chunk.first) {
      throw new ProtocolError(
        `all-reduce: the ${what} begins at float ${offset}, expected ${chunk.first} (step ${step})`,
      );
    }
    const side = parity(step);
    const told = `all-reduce: step ${step}: ${what}`;
    if (kind === 'sum') {
      copyInto(
        this.#bytes,
        [this.#roots[side]! + 4 * chunk.first],
        4 * rangeLength(chunk),
        payload,
        told,
      );
      progress.sums.add(from);
      return [];
    }
    const blocks = this.#slots[side]!.get(from)!;
    const arrived = progress.blocks.get(from) ?? 0;
    const left = blocks.slice(arrived).map(({ address }) => address);
    const count = copyFirst(this.#bytes, left, 4 * rangeLength(chunk), payload, told);
    progress.blocks.set(from, arrived + count);
    if (arrived + count < blocks.length) return [];
    progress.partials.add(from);
    return this.#finishChunk(progress);
  }

  /** Adds this rank's chunk up, once everything for it is there. */
  #finishChunk(progress: Progress): Outgoing[] {
    const { ranges, rank, shards } = this.#setting;
    const { step } = progress;
    const chunk = this.#chunks[rank]!;
    const isReady = progress.begun && progress.partials.size === ranges.length - 1;
    if (progress.summed || !isReady || rangeLength(chunk) === 0) return [];
    progress.summed = true;
    const own = this.#place.own.map((block) => ({
      ...block,
      address: block.address + 4 * chunk.first,
    }));
    const side = parity(step);
    const { adds, root } = sumTree(shards, [...own, ...[...this.#slots[side]!.values()].flat()]);
    for (const { into, from } of adds) this.#place.kernels.addInto(into, from, rangeLength(chunk));
    if (this.#swaps) return [];
    const target = this.#roots[side]! + 4 * chunk.first;
    this.#bytes.copyWithin(target, root, root + 4 * rangeLength(chunk));
    const sent = this.#sent![side];
    this.#bytes.copyWithin(sent, root, root + 4 * rangeLength(chunk));
    const payload = [this.#view(sent, rangeLength(chunk))];
    return ranges.flatMap((_, to): Outgoing[] =>
      to === rank ? [] : [{ to, kind: 'sum', step, offset: chunk.first, payload }],
    );
  }

  #isComplete(progress: Progress): boolean {
    const { topology, rank } = this.#setting;
    if (!progress.begun) return false;
    if (topology === 'alone') return true;
    if (topology === 'star') return progress.sums.has(COORDINATOR);
    if (this.#swaps) return progress.summed;
    return this.#chunks.every(
      (chunk, owner) =>
        rangeLength(chunk) === 0 || (owner === rank ? progress.summed : progress.sums.has(owner)),
    );
  }

  /** The progress that a message belongs to. */
  #expect(kind: 'partial' | 'sum', from: number, step: number): Progress {
    const { topology, ranges, rank } = this.#setting;
    const isMember = from < ranges.length && from !== rank;
    const suits =
      (topology === 'star' && kind === 'sum' && from === COORDINATOR) ||
      (topology === 'mesh' &&
        isMember &&
        !(this.#swaps && kind === 'sum') &&
        rangeLength(this.#chunkOf(kind, from)) > 0);
    if (!suits) {
      throw new ProtocolError(
        `all-reduce: rank ${from} sent a ${kind}, which rank ${rank} of a ${topology} does not expect`,
      );
    }
    const isNear = this.#step === undefined || step === this.#step || step === this.#step + 1;
    if (!isNear || this.#progress[parity(step)].step > step) {
      throw new ProtocolError(
        `all-reduce: rank ${from} sent a ${kind} for step ${step}, this rank is at ${this.#step}`,
      );
    }
    const progress = this.#at(step);
    if ((kind === 'sum' ? progress.sums : progress.partials).has(from)) {
      throw new ProtocolError(`all-reduce: rank ${from} sent its ${kind} for step ${step} twice`);
    }
    return progress;
  }

  #chunkOf(kind: 'partial' | 'sum', from: number): Range {
    const { topology, rank, floats } = this.#setting;
    if (topology !== 'mesh') return { first: 0, end: floats };
    return this.#chunks[kind === 'sum' ? from : rank]!;
  }

  /** The progress of a step; a new one takes the place of the step before last. */
  #at(step: number): Progress {
    const progress = this.#progress[parity(step)];
    if (progress.step < step) {
      progress.step = step;
      progress.partials.clear();
      progress.blocks.clear();
      progress.sums.clear();
      progress.handed = 0;
      progress.begun = false;
      progress.summed = false;
    }
    return progress;
  }

  #view(address: number, floats: number): Uint8Array {
    return this.#bytes.subarray(address, address + 4 * floats);
  }
}

/**
 * Copies pieces of one run of bytes to places of equal size, one after the other.
 *
 * @throws ProtocolError before anything is written, unless they fill the places exactly
 */
export function copyInto(
  bytes: Uint8Array,
  places: readonly number[],
  placeBytes: number,
  payload: readonly Uint8Array[],
  what: string,
): void {
  const got = payload.reduce((sum, piece) => sum + piece.byteLength, 0);
  if (got !== places.length * placeBytes) {
    throw new ProtocolError(`${what} has ${got} bytes, expected ${places.length * placeBytes}`);
  }
  let place = 0;
  let filled = 0;
  for (const piece of payload) {
    for (let at = 0; at < piece.byteLength; ) {
      const count = Math.min(piece.byteLength - at, placeBytes - filled);
      bytes.set(piece.subarray(at, at + count), places[place]! + filled);
      at += count;
      filled += count;
      if (filled === placeBytes) {
        place++;
        filled = 0;
      }
    }
  }
}

/**
 * Copies pieces of one run of bytes to the first of these places: as many as they fill, at least one if there is one.
 *
 * @returns how many
 * @throws ProtocolError as `copyInto`
 */
function copyFirst(
  bytes: Uint8Array,
  places: readonly number[],
  placeBytes: number,
  payload: readonly Uint8Array[],
  what: string,
): number {
  const got = payload.reduce((sum, piece) => sum + piece.byteLength, 0);
  const whole = Math.floor(got / placeBytes);
  const count = Math.min(Math.max(whole, 1), places.length);
  copyInto(bytes, places.slice(0, count), placeBytes, payload, what);
  return count;
}

function nothing(): Progress {
  return {
    step: -1,
    partials: new Set(),
    blocks: new Map(),
    sums: new Set(),
    handed: 0,
    begun: false,
    summed: false,
  };
}

function parity(step: number): 0 | 1 {
  return (step % 2) as 0 | 1;
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
