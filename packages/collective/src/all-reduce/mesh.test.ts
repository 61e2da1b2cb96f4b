import { alignedBlocks } from '@lockstep/tree';
import { describe, expect, it } from 'vitest';
import { COORDINATOR } from './all-reduce.js';
import { chunksOf } from './mesh.js';
import { bytesOf, groupOf, makeRank, run, type Sent } from './ranks.fixture.js';

const FLOATS = 8 * 16 * 13;

describe('the cost of an all-reduce in a mesh', () => {
  it('is two messages a step of two ranks, one of which has two blocks', () => {
    const { messages } = run(groupOf('mesh', [12, 16], FLOATS), 2);
    expect(messages.filter(({ from }) => from === 0)).toHaveLength(2 * 2);
  });

  it.each([4, 8])(
    'is 2 (P - 1) messages a worker and step of %i, and 2 (P - 1) / P of the vector with one block each',
    (parties) => {
      const ends = Array.from({ length: parties }, (_, rank) => ((rank + 1) * 16) / parties);
      const { messages } = run(groupOf('mesh', ends, FLOATS), 2);
      for (let rank = 0; rank < parties; rank++) {
        const own = messages.filter(({ from }) => from === rank);
        expect(own.length).toBe(2 * 2 * (parties - 1));
        expect(bytesOf(own)).toBe((2 * 2 * (parties - 1) * 4 * FLOATS) / parties);
      }
    },
  );

  it('is P - 1 messages more, and no byte more, if a block is handed over before the others', () => {
    const group = groupOf('mesh', [6, 12, 16], FLOATS);
    const whole = run(group, 2).messages;
    const cut = run(group, 2, () => 0, true).messages;
    for (const [rank, range] of group.ranges.entries()) {
      const of = (messages: readonly Sent[]) => messages.filter(({ from }) => from === rank);
      const more = alignedBlocks(range).length > 1 ? 2 * 2 : 0;
      expect(of(cut)).toHaveLength(of(whole).length + more);
      expect(bytesOf(of(cut))).toBe(bytesOf(of(whole)));
    }
  });
});

describe('a rank of a mesh', () => {
  const half = new Uint8Array(4 * 16);

  it('refuses what only another topology has, and what is not for the ranks that there are', () => {
    const { allReduce, compute } = makeRank(groupOf('mesh', [3, 4], 32), 0);
    compute(7);
    allReduce.begin(7);
    expect(() => allReduce.accept('partial', 2, 7, 0, [half])).toThrow(/does not expect/);
    expect(() => allReduce.accept('sum', COORDINATOR, 7, 0, [half])).toThrow(/does not expect/);
    expect(() => allReduce.accept('partial', 1, 7, 16, [half])).toThrow(/float 16, expected 0/);
    expect(() => allReduce.accept('partial', 1, 7, 0, [half, half])).toThrow(
      /has 128 bytes, expected 64/,
    );
    expect(allReduce.accept('partial', 1, 7, 0, [half])).toHaveLength(1);
    expect(allReduce.complete).toBe(false);
    allReduce.accept('sum', 1, 7, 16, [half]);
    expect(allReduce.complete).toBe(true);
  });

  it('takes the blocks of another rank in as many messages as they come in, whole ones only', () => {
    const { allReduce, compute } = makeRank(groupOf('mesh', [1, 8], 32), 0);
    compute(0);
    allReduce.begin(0);
    expect(allReduce.accept('partial', 1, 0, 0, [half])).toEqual([]);
    for (const wrong of [[], [half.subarray(1)], [half, half, half], [half, half.subarray(4)]]) {
      expect(() => allReduce.accept('partial', 1, 0, 0, wrong)).toThrow(/bytes, expected/);
    }
    expect(allReduce.accept('partial', 1, 0, 0, [half, half])).toHaveLength(1);
    expect(() => allReduce.accept('partial', 1, 0, 0, [half])).toThrow(/twice/);
  });

  it('hands blocks over as they come', () => {
    const { allReduce, compute } = makeRank(groupOf('mesh', [3, 8], 32), 0);
    compute(0);
    const lengths = [1, 2].map((count) =>
      allReduce.begin(0, count).map(({ payload }) => payload.length),
    );
    expect(lengths).toEqual([[1], [1]]);
    expect(allReduce.complete).toBe(false);
  });
});

describe('chunksOf', () => {
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
