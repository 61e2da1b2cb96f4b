// What holds for every all-reduce: one suite for all of the list, each with the shares of shards that it is for.
import { alignedBlocks } from '@lockstep/tree';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AllReduceGroup, COORDINATOR, type Topology } from './all-reduce.js';
import { alone } from './alone.js';
import { mesh } from './mesh.js';
import { allReduceFor, METHODS } from './methods.js';
import { bytesOf, FIRST, groupOf, makeRank, run, treeSum } from './ranks.fixture.js';
import { star } from './star.js';
import { swap } from './swap.js';

interface Case {
  readonly level: number;
  readonly cuts: readonly number[];
  readonly floats: number;
  readonly order: Iterator<number>;
}

const cases = fc.record({
  level: fc.integer({ min: 0, max: 5 }),
  cuts: fc.array(fc.nat(), { minLength: 0, maxLength: 5 }),
  floats: fc.integer({ min: 1, max: 130 }),
  order: fc.infiniteStream(fc.nat()),
});

/** Any shares of the shards, in order. */
const anyShares =
  (topology: Topology) =>
  ({ level, cuts, floats }: Case): AllReduceGroup => {
    const shards = 2 ** level;
    const ends = cuts.map((cut) => cut % (shards + 1)).sort((a, b) => a - b);
    return groupOf(topology, [...ends, shards], floats);
  };

/** By method: the groups that are its own. A method of the list that is not here fails. */
const GROUPS = new Map([
  [alone, ({ level, floats }: Case) => groupOf('alone', [2 ** level], floats)],
  [star, anyShares('star')],
  [mesh, anyShares('mesh')],
  [swap, ({ level, floats }: Case) => groupOf('mesh', [2 ** level, 2 ** (level + 1)], floats)],
]);

/** Of 8 shards, two ranks or one. */
const SMALL: Case = { level: 3, cuts: [6], floats: 70, order: [][Symbol.iterator]() };

describe.each(METHODS.map((method) => [method.name, method] as const))('%s', (_, method) => {
  const groupOfCase = GROUPS.get(method)!;

  it('gives every rank the bits of the tree over all shards, whoever holds which and whatever comes first', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const group = groupOfCase(drawn);
        if (allReduceFor(group) !== method) return;
        const next = (): number => drawn.order.next().value!;
        const shards = group.ranges.at(-1)!.end;
        const expected = [0, 1, 2].map((i) => treeSum(FIRST + i, 0, shards, group.floats));
        const isWhole = group.ranges.every((range) => alignedBlocks(range).length <= 1);
        for (const isCut of isWhole ? [false] : [false, true]) {
          const { sums } = run(group, 3, next, isCut);
          for (const sum of sums) expect(sum).toEqual(expected);
        }
      }),
      { seed: 3, numRuns: 150 },
    );
  });

  it('sends what it says that it sends, in no larger messages, and writes to its own memory only', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const group = groupOfCase(drawn);
        if (allReduceFor(group) !== method) return;
        const { messages, ranks } = run(group, 2, () => drawn.order.next().value!);
        const ends = [...ranks.keys(), COORDINATOR];
        for (const [rank, { memory, place }] of ranks.entries()) {
          const shape = { ...group, rank };
          for (const other of ends) {
            if (other === rank) continue;
            const sent = messages.filter(({ from, to }) => from === rank && to === other);
            expect(bytesOf(sent)).toBe(2 * method.sentBytes(shape, other));
            for (const message of messages) {
              if (message.from !== other || message.to !== rank) continue;
              expect(bytesOf([message])).toBeLessThanOrEqual(method.largestMessage(shape, other));
            }
          }
          const behind = new Uint8Array(memory.buffer, place.address + place.bytes);
          expect(behind.every((byte) => byte === 0)).toBe(true);
        }
      }),
      { seed: 4, numRuns: 50 },
    );
  });

  it('refuses a message that it cannot need, and what has another size, and changes nothing', () => {
    const group = groupOfCase(SMALL);
    const { allReduce, compute } = makeRank(group, 0);
    compute(FIRST);
    allReduce.begin(FIRST);
    for (const { from, to, kind, step, offset, payload } of run(group, 1).messages) {
      if (to !== 0) continue;
      expect(allReduce.complete).toBe(false);
      const whole = Buffer.concat(payload);
      const refuses = (...[whose, at, first, bytes]: [number, number, number, Uint8Array[]]) =>
        expect(() => allReduce.accept(kind, whose, at, first, bytes));
      refuses(0, step, offset, [whole]).toThrow(/does not expect/);
      refuses(77, step, offset, [whole]).toThrow(/does not expect/);
      refuses(from, step + 2, offset, [whole]).toThrow(/this rank is at 5/);
      refuses(from, step - 1, offset, [whole]).toThrow(/this rank is at 5/);
      refuses(from, step, offset + 16, [whole]).toThrow(/begins at float/);
      refuses(from, step, offset, [whole, Buffer.alloc(3)]).toThrow(/bytes, expected/);
      allReduce.accept(kind, from, step, offset, [whole]);
      refuses(from, step, offset, [whole]).toThrow(/twice/);
    }
    expect(allReduce.complete).toBe(true);
    const shards = group.ranges.at(-1)!.end;
    const expected = treeSum(FIRST, 0, shards, group.floats);
    expect(Buffer.from(allReduce.sum())).toEqual(Buffer.from(expected.buffer));
    expect(() => allReduce.accept('partial', COORDINATOR, FIRST, 0, [])).toThrow(/does not expect/);
  });
});
