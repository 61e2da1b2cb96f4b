import { alignedBlocks, rangeLength } from '@lockstep/tree';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dealTo, threadNumbers } from './thread-deals.js';

describe('the numbers of threads that are tried', () => {
  it('are all of few, and some of many', () => {
    expect(threadNumbers(1, 64)).toEqual([1]);
    expect(threadNumbers(2, 64)).toEqual([2, 1]);
    expect(threadNumbers(4, 64)).toEqual([4, 3, 2, 1]);
    expect(threadNumbers(16, 64)).toEqual([16, 11, 8, 6, 4, 3, 2, 1]);
  });

  it('leave out those that have the work of one thread less', () => {
    expect(threadNumbers(4, 4)).toEqual([4, 2, 1]);
    expect(threadNumbers(16, 4)).toEqual([16, 4, 2, 1]);
    expect(threadNumbers(3, 0)).toEqual([3, 1]);
  });
});

it('a deal to fewer gives the same shards, bucket by bucket, to the first threads', () => {
  const count = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(count, count, fc.nat(40), fc.nat(40), (all, some, first, length) => {
      const threads = Math.min(all, some);
      const bucket = { first, end: first + length };
      const [dealt] = dealTo(threads, all, [bucket]).buckets as [{ first: number; end: number }[]];
      expect(dealt).toHaveLength(all);
      expect(dealt.slice(threads).every((range) => rangeLength(range) === 0)).toBe(true);
      const shards = dealt.flatMap((range) => alignedBlocks(range)).map(({ size }) => size);
      expect(shards.reduce((sum, size) => sum + size, 0)).toBe(length);
    }),
    { seed: 3 },
  );
});
