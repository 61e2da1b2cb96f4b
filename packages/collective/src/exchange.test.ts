import { heapBase, wasm } from '@lockstep/kernels';
import { alignedBlocks, type Range } from '@lockstep/tree';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COORDINATOR,
  chunksOf,
  Exchange,
  type ExchangeTopology,
  exchangeBytes,
  type Outgoing,
} from './exchange.js';
import { StarHub } from './star-hub.js';

/** What shard `shard` contributes to float `at` in a step: numbers whose sum depends on the order of adding. */
function term(step: number, shard: number, at: number): number {
  const mixed = Math.imul(step * 7919 + shard * 104729 + at * 31 + 17, 2654435761) >>> 0;
  return Math.fround((mixed / 2 ** 32 - 0.5) * 2 ** (mixed % 13));
}

/** The S-leaf tree over shards [first, first + size). */
function treeSum(step: number, first: number, size: number, floats: number): Float32Array {
  if (size === 1) return Float32Array.from({ length: floats }, (_, at) => term(step, first, at));
  const left = treeSum(step, first, size / 2, floats);
  const right = treeSum(step, first + size / 2, size / 2, floats);
  return left.map((value, at) => value + right[at]!);
}

interface Rank {
  readonly exchange: Exchange;
  readonly memory: WebAssembly.Memory;
  compute(step: number): void;
}

function makeRank(
  shards: number,
  ranges: readonly Range[],
  rank: number,
  topology: ExchangeTopology,
  floats: number,
): Rank {
  const setting = { shards, ranges, rank, topology, floats };
  let end = Math.ceil(heapBase / 64) * 64;
  const take = (bytes: number): number => {
    end += Math.ceil(bytes / 64) * 64;
    return end - Math.ceil(bytes / 64) * 64;
  };
  const own = alignedBlocks(ranges[rank]!).map((block) => ({
    ...block,
    address: take(4 * floats),
  }));
  const address = take(exchangeBytes(setting));
  const memory = wasm.createMemory(end);
  const kernels = wasm.kernels(memory);
  return {
    exchange: new Exchange(setting, { memory, kernels, address, own }),
    memory,
    compute(step) {
      for (const { first, size, address: at } of own) {
        new Float32Array(memory.buffer, at, floats).set(treeSum(step, first, size, floats));
      }
    },
  };
}

interface Sent extends Outgoing {
  readonly from: number;
}

/** Cuts a message's bytes into two pieces, wherever. */
function pieces(message: Outgoing): Uint8Array[] {
  const bytes = Buffer.concat(message.payload);
  const cut = Math.floor(bytes.length / 3);
  return [bytes.subarray(0, cut), bytes.subarray(cut)];
}

/**
 * Runs `steps` steps; messages arrive in an order that `next` chooses.
 *
 * @param isCut whether some of a rank's blocks are handed over before the others, as many as `next` chooses
 * @returns each rank's sums and messages
 */
function run(
  topology: ExchangeTopology,
  shards: number,
  ranges: readonly Range[],
  floats: number,
  steps: number,
  next: () => number,
  isCut = false,
): { sums: Float32Array[][]; messages: Sent[] } {
  const ranks = ranges.map((_, rank) => makeRank(shards, ranges, rank, topology, floats));
  const hub = topology === 'star' ? new StarHub(shards, ranges, floats, 5) : undefined;
  const sums: Float32Array[][] = ranks.map(() => []);
  const at = ranks.map(() => 5);
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
    send(rank, ranks[rank]!.exchange.begin(at[rank]!, first));
  };
  const settle = (rank: number): void => {
    const { exchange, memory } = ranks[rank]!;
    while (exchange.complete && sums[rank]!.length < steps) {
      sums[rank]!.push(new Float32Array(memory.buffer, exchange.root, floats).slice());
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
      send(rank, ranks[rank]!.exchange.begin(at[rank]!));
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
      const sum = hub!.accept(from, step, offset, pieces(message!));
      if (sum) {
        for (const rank of ranks.keys()) {
          const down = { kind: 'sum', step, offset: 0, payload: [sum] } as const;
          send(COORDINATOR, [{ ...down, to: rank }]);
        }
      }
      continue;
    }
    send(to, ranks[to]!.exchange.accept(kind, from, step, offset, pieces(message!)));
    settle(to);
  }
  return { sums, messages };
}

const cases = fc.record({
  level: fc.integer({ min: 0, max: 5 }),
  cuts: fc.array(fc.nat(), { minLength: 0, maxLength: 5 }),
  floats: fc.integer({ min: 1, max: 130 }),
  order: fc.infiniteStream(fc.nat()),
});

function rangesOf(shards: number, cuts: readonly number[]): Range[] {
  const at = [0, ...cuts.map((cut) => cut % (shards + 1)).sort((a, b) => a - b), shards];
  return at.slice(1).map((end, i) => ({ first: at[i]!, end }));
}

describe.each(['mesh', 'star'] as const)('an all-reduce in a %s', (topology) => {
  it('gives every rank the bits of the tree over all shards, whoever holds which and whatever comes first', () => {
    fc.assert(
      fc.property(cases, ({ level, cuts, floats, order }) => {
        const shards = 2 ** level;
        const ranges = rangesOf(shards, cuts);
        if (ranges.length === 1 && topology === 'mesh') return;
        const next = (): number => order.next().value!;
        const expected = [5, 6, 7].map((step) => treeSum(step, 0, shards, floats));
        for (const isCut of [false, true]) {
          const { sums } = run(topology, shards, ranges, floats, 3, next, isCut);
          for (const sum of sums) expect(sum).toEqual(expected);
        }
      }),
      { seed: 3, numRuns: 150 },
    );
  });
});

describe('the cost of an all-reduce', () => {
  const floats = 8 * 16 * 13;
  const bytesOf = (messages: readonly Sent[]): number =>
    messages.flatMap(({ payload }) => payload).reduce((sum, { byteLength }) => sum + byteLength, 0);

  it('is one message with the whole block for each of two ranks and a step, and one round', () => {
    const { messages } = run('mesh', 16, rangesOf(16, [8]), floats, 3, () => 0);
    for (const rank of [0, 1]) {
      const own = messages.filter(({ from }) => from === rank);
      expect(own.map(({ kind }) => kind)).toEqual(['partial', 'partial', 'partial']);
      expect(bytesOf(own)).toBe(3 * 4 * floats);
    }
  });

  it('is two messages a step of two ranks, one of which has two blocks', () => {
    const { messages } = run('mesh', 16, rangesOf(16, [12]), floats, 2, () => 0);
    expect(messages.filter(({ from }) => from === 0)).toHaveLength(2 * 2);
  });

  it.each([4, 8])(
    'is 2 (P - 1) messages a worker and step in a mesh of %i, and 2 (P - 1) / P of the vector with one block each',
    (parties) => {
      const size = 16 / parties;
      const ranges = Array.from({ length: parties }, (_, rank) => ({
        first: rank * size,
        end: (rank + 1) * size,
      }));
      const { messages } = run('mesh', 16, ranges, floats, 2, () => 0);
      for (let rank = 0; rank < parties; rank++) {
        const own = messages.filter(({ from }) => from === rank);
        expect(own.length).toBe(2 * 2 * (parties - 1));
        expect(bytesOf(own)).toBe((2 * 2 * (parties - 1) * 4 * floats) / parties);
      }
    },
  );

  it('is P - 1 messages more, and no byte more, if a block is handed over before the others', () => {
    const ranges = rangesOf(16, [6, 12]);
    const whole = run('mesh', 16, ranges, floats, 2, () => 0).messages;
    const cut = run('mesh', 16, ranges, floats, 2, () => 0, true).messages;
    for (const [rank, range] of ranges.entries()) {
      const of = (messages: readonly Sent[]) => messages.filter(({ from }) => from === rank);
      const more = alignedBlocks(range).length > 1 ? 2 * 2 : 0;
      expect(of(cut)).toHaveLength(of(whole).length + more);
      expect(bytesOf(of(cut))).toBe(bytesOf(of(whole)));
    }
  });

  it('is one message up and one down for each worker and step in a star', () => {
    const ranges = rangesOf(16, [4, 4, 12]);
    const { messages } = run('star', 16, ranges, floats, 3, () => 0);
    for (let rank = 0; rank < ranges.length; rank++) {
      expect(messages.filter(({ from }) => from === rank).length).toBe(3);
      expect(messages.filter(({ to }) => to === rank).length).toBe(3);
    }
  });
});

describe('Exchange', () => {
  const ranges = rangesOf(4, [3]);
  const half = new Uint8Array(4 * 16);

  it('refuses a message that it cannot need, and what has another size, and changes nothing', () => {
    const { exchange, compute } = makeRank(4, ranges, 0, 'mesh', 32);
    compute(7);
    exchange.begin(7);
    expect(() => exchange.accept('partial', 0, 7, 0, [half])).toThrow(/does not expect/);
    expect(() => exchange.accept('partial', 2, 7, 0, [half])).toThrow(/does not expect/);
    expect(() => exchange.accept('sum', COORDINATOR, 7, 0, [half])).toThrow(/does not expect/);
    expect(() => exchange.accept('partial', 1, 9, 0, [half])).toThrow(/step 9, this rank is at 7/);
    expect(() => exchange.accept('partial', 1, 6, 0, [half])).toThrow(/step 6/);
    expect(() => exchange.accept('partial', 1, 7, 16, [half])).toThrow(/float 16, expected 0/);
    expect(() => exchange.accept('partial', 1, 7, 0, [half, half])).toThrow(
      /has 128 bytes, expected 64/,
    );
    expect(exchange.accept('partial', 1, 7, 0, [half])).toHaveLength(1);
    expect(() => exchange.accept('partial', 1, 7, 0, [half])).toThrow(/twice/);
    expect(exchange.complete).toBe(false);
    exchange.accept('sum', 1, 7, 16, [half]);
    expect(exchange.complete).toBe(true);
  });

  it('takes the blocks of another rank in as many messages as they come in, whole ones only', () => {
    const three = rangesOf(8, [1]);
    const { exchange, compute } = makeRank(8, three, 0, 'mesh', 32);
    compute(0);
    exchange.begin(0);
    expect(exchange.accept('partial', 1, 0, 0, [half])).toEqual([]);
    for (const wrong of [[], [half.subarray(1)], [half, half, half], [half, half.subarray(4)]]) {
      expect(() => exchange.accept('partial', 1, 0, 0, wrong)).toThrow(/bytes, expected/);
    }
    expect(exchange.accept('partial', 1, 0, 0, [half, half])).toHaveLength(1);
    expect(() => exchange.accept('partial', 1, 0, 0, [half])).toThrow(/twice/);
  });

  it('hands over what is there in a mesh, and in a star when all is', () => {
    const own = rangesOf(8, [3]);
    for (const topology of ['mesh', 'star'] as const) {
      const { exchange, compute } = makeRank(8, own, 0, topology, 32);
      compute(0);
      const lengths = [1, 2].map((count) =>
        exchange.begin(0, count).map(({ payload }) => payload.length),
      );
      expect(lengths).toEqual(topology === 'mesh' ? [[1], [1]] : [[], [2]]);
      expect(exchange.complete).toBe(false);
    }
  });

  it('sends its part of the sum from where nobody changes it', () => {
    const { exchange, memory, compute } = makeRank(4, ranges, 0, 'mesh', 32);
    compute(0);
    exchange.begin(0);
    const [sum] = exchange.accept('partial', 1, 0, 0, [half]);
    exchange.accept('sum', 1, 0, 16, [half]);
    const before = Buffer.concat(sum!.payload);
    new Float32Array(memory.buffer, exchange.root, 32).fill(1e9);
    expect(Buffer.concat(sum!.payload)).toEqual(before);
  });

  it('splits the vector into chunks that cover it once', () => {
    expect(chunksOf(100, 3)).toEqual([
      { first: 0, end: 32 },
      { first: 32, end: 64 },
      { first: 64, end: 100 },
    ]);
    expect(chunksOf(3, 2)).toEqual([
      { first: 0, end: 0 },
      { first: 0, end: 3 },
    ]);
  });
});

describe('StarHub', () => {
  it('refuses a doubled, a late and an early message, an unknown rank and another size', () => {
    const hub = new StarHub(4, rangesOf(4, [2]), 8, 3);
    const block = new Uint8Array(32);
    expect(hub.accept(0, 3, 0, [block])).toBeUndefined();
    expect(() => hub.accept(0, 3, 0, [block])).toThrow(/twice/);
    expect(() => hub.accept(1, 4, 0, [block])).toThrow(/the star is at 3/);
    expect(() => hub.accept(2, 3, 0, [block])).toThrow(/rank 2/);
    expect(() => hub.accept(1, 3, 0, [block, block])).toThrow(/64 bytes, expected 32/);
    expect(hub.accept(1, 3, 0, [block])).toHaveLength(32);
    expect(hub.step).toBe(4);
  });
});
