import { describe, expect, it } from 'vitest';
import { alignedBlocks, blockCount, bucketsOf } from './blocks.js';

describe('alignedBlocks', () => {
  it('covers a range with the fewest aligned blocks', () => {
    expect(alignedBlocks({ first: 0, end: 8 })).toEqual([{ first: 0, size: 8 }]);
    expect(alignedBlocks({ first: 3, end: 9 })).toEqual([
      { first: 3, size: 1 },
      { first: 4, size: 4 },
      { first: 8, size: 1 },
    ]);
    expect(alignedBlocks({ first: 5, end: 5 })).toEqual([]);
  });

  it('are as many as blockCount says', () => {
    for (let first = 0; first <= 40; first++) {
      for (let end = first; end <= 40; end++) {
        expect(blockCount(first, end)).toBe(alignedBlocks({ first, end }).length);
      }
    }
  });
});

describe('bucketsOf', () => {
  it('cuts a range between its blocks, into buckets with at least so many shards', () => {
    for (let first = 0; first <= 32; first++) {
      for (let end = first; end <= 32; end++) {
        for (const least of [1, 2, 3, 7, Number.POSITIVE_INFINITY]) {
          const buckets = bucketsOf({ first, end }, least);
          expect(buckets.flatMap((bucket) => alignedBlocks(bucket))).toEqual(
            alignedBlocks({ first, end }),
          );
          const sizes = buckets.map((bucket) => bucket.end - bucket.first);
          const isUncut = buckets.length === 1;
          expect(isUncut || sizes.every((size) => size >= least)).toBe(true);
        }
      }
    }
    expect(bucketsOf({ first: 1, end: 8 }, 1)).toHaveLength(3);
    expect(bucketsOf({ first: 1, end: 8 }, 3)).toEqual([
      { first: 1, end: 4 },
      { first: 4, end: 8 },
    ]);
    expect(bucketsOf({ first: 5, end: 5 }, 1)).toEqual([{ first: 5, end: 5 }]);
  });
});
