import { describe, expect, it } from 'vitest';
import { partition, rangesOf } from './range.js';

describe('partition', () => {
  it('covers every shard once, in order, in ranges that differ by at most one', () => {
    for (let count = 0; count <= 64; count++) {
      for (let parties = 1; parties <= 20; parties++) {
        const ranges = partition(count, parties);
        expect(ranges[0]!.first).toBe(0);
        expect(ranges.at(-1)!.end).toBe(count);
        for (let rank = 1; rank < parties; rank++) {
          expect(ranges[rank]!.first).toBe(ranges[rank - 1]!.end);
        }
        const sizes = ranges.map(({ first, end }) => end - first);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('begins where it is told to', () => {
    expect(partition(5, 2, 10)).toEqual([
      { first: 10, end: 12 },
      { first: 12, end: 15 },
    ]);
  });
});

describe('rangesOf', () => {
  it('puts ranges of given lengths one after the other, empty ones too', () => {
    expect(rangesOf([2, 0, 3])).toEqual([
      { first: 0, end: 2 },
      { first: 2, end: 2 },
      { first: 2, end: 5 },
    ]);
    expect(rangesOf([])).toEqual([]);
  });
});
