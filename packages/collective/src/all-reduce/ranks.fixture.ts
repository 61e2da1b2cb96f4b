// Ranks of an all-reduce over real memory, in one process: they sum numbers whose sum depends on the order of adding, and
// messages arrive in any order that links could deliver them in.
import { heapBase, wasm } from '@lockstep/kernels';
import { alignedBlocks, type Range } from '@lockstep/tree';
import {
  type AllReduce,
  type AllReduceGroup,
  COORDINATOR,
  type Outgoing,
  type Topology,
} from './all-reduce.js';
import { allReduceFor } from './methods.js';
import { placesFrom } from './payload.js';

/** The first step. */
export const FIRST = 5;

/** What shard `shard` contributes to float `at` in a step. */
function term(step: number, shard: number, at: number): number {
  const mixed = Math.imul(step * 7919 + shard * 104729 + at * 31 + 17, 2654435761) >>> 0;
  return Math.fround((mixed / 2 ** 32 - 0.5) * 2 ** (mixed % 13));
}

/** The tree over shards [first, first + size). */
export function treeSum(step: number, first: number, size: number, floats: number): Float32Array {
  if (size === 1) return Float32Array.from({ length: floats }, (_, at) => term(step, first, at));
  const left = treeSum(step, first, size / 2, floats);
  const right = treeSum(step, first + size / 2, size / 2, floats);
  return left.map((value, at) => value + right[at]!);
}

export interface Rank {
  readonly allReduce: AllReduce;
  readonly memory: WebAssembly.Memory;
  /** Of the memory that is its own. */
  readonly place: { readonly address: number; readonly bytes: number };
  compute(step: number): void;
}

export function makeRank(group: AllReduceGroup, rank: number): Rank {
  const { ranges, floats } = group;
  const shape = { ...group, rank };
  const method = allReduceFor(group);
  const take = placesFrom(Math.ceil(heapBase / 64) * 64);
  const own = alignedBlocks(ranges[rank]!).map((block) => ({ ...block, address: take(floats) }));
  const bytes = method.memoryBytes(shape);
  const address = take(bytes / 4);
  const memory = wasm.createMemory(take(floats) + 4 * floats);
  const kernels = wasm.kernels(memory);
  return {
    allReduce: method.start(shape, { memory, kernels, address, own }),
    memory,
    place: { address, bytes },
    compute(step) {
      for (const { first, size, address: at } of own) {
        new Float32Array(memory.buffer, at, floats).set(treeSum(step, first, size, floats));
      }
    },
  };
}

export interface Sent extends Outgoing {
  readonly from: number;
}

/** Cuts a message's bytes into two pieces, wherever. */
function pieces(message: Outgoing): Uint8Array[] {
  const bytes = Buffer.concat(message.payload);
  const cut = Math.floor(bytes.length / 3);
  return [bytes.subarray(0, cut), bytes.subarray(cut)];
}

export interface Ran {
  readonly sums: readonly (readonly Float32Array[])[];
  readonly messages: readonly Sent[];
  readonly ranks: readonly Rank[];
}

/**
 * Runs `steps` steps; messages arrive in an order that `next` chooses.
 *
 * @param isCut whether some of a rank's blocks are handed over before the others, as many as `next` chooses
 * @returns each rank's sums and messages
 */
export function run(
  group: AllReduceGroup,
  steps: number,
  next: () => number = () => 0,
  isCut = false,
): Ran {
  const { ranges, floats } = group;
  const ranks = ranges.map((_, rank) => makeRank(group, rank));
  const hub = allReduceFor(group).hub?.(group, FIRST, wasm);
  const sums: Float32Array[][] = ranks.map(() => []);
  const at = ranks.map(() => FIRST);
  const messages: Sent[] = [];
  const flight: Sent[] = [];
  /** Ranks whose other blocks are yet to be handed over. */
  const due: number[] = [];
  const send = (from: number, outgoing: readonly Outgoing[]): void => {
    for (const message of outgoing) {
      messages.push({ ...message, from });
      // The bytes are taken when they are delivered, as a link may do.
      flight.push({ ...message, from });
    }
  };
  const begin = (rank: number): void => {
    ranks[rank]!.compute(at[rank]!);
    const blocks = alignedBlocks(ranges[rank]!).length;
    const first = isCut && blocks > 1 ? 1 + (next() % blocks) : blocks;
    if (first < blocks) due.push(rank);
    send(rank, ranks[rank]!.allReduce.begin(at[rank]!, first));
  };
  const settle = (rank: number): void => {
    const { allReduce, memory } = ranks[rank]!;
    while (allReduce.complete && sums[rank]!.length < steps) {
      const sum = new Float32Array(memory.buffer, allReduce.root, floats);
      sums[rank]!.push(sum.slice());
      // The step may change it.
      sum.fill(1e9);
      at[rank]!++;
      if (sums[rank]!.length < steps) begin(rank);
    }
  };
  for (const rank of ranks.keys()) {
    begin(rank);
    settle(rank);
  }
  while (flight.length + due.length > 0) {
    if (flight.length === 0 || (due.length > 0 && next() % 4 === 0)) {
      const rank = due.shift()!;
      send(rank, ranks[rank]!.allReduce.begin(at[rank]!));
      settle(rank);
      continue;
    }
    // In order between any two sides, as on one connection; any order between different ones.
    const index = next() % flight.length;
    const picked = flight[index]!;
    const first = flight.findIndex(({ from, to }) => from === picked.from && to === picked.to);
    const [message] = flight.splice(first, 1);
    const { to, from, kind, step, offset } = message!;
    if (to === COORDINATOR) {
      for (const { offset: first, sum } of hub!.accept(from, step, offset, pieces(message!))) {
        for (const rank of ranks.keys()) {
          const down = { kind: 'sum', step, offset: first, payload: [sum] } as const;
          send(COORDINATOR, [{ ...down, to: rank }]);
        }
      }
      continue;
    }
    send(to, ranks[to]!.allReduce.accept(kind, from, step, offset, pieces(message!)));
    settle(to);
  }
  return { sums, messages, ranks };
}

/** A group whose ranks' shards end at `ends`. */
export function groupOf(
  topology: Topology,
  ends: readonly number[],
  floats: number,
): AllReduceGroup {
  const ranges: Range[] = ends.map((end, i) => ({ first: ends[i - 1] ?? 0, end }));
  return { topology, ranges, floats };
}

/** Bytes of payload. */
export function bytesOf(messages: readonly Outgoing[]): number {
  return messages
    .flatMap(({ payload }) => payload)
    .reduce((sum, { byteLength }) => sum + byteLength, 0);
}
