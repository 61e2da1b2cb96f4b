// The statistics behind every number of the benchmark.
import { describe, expect, it } from 'vitest';
import {
  LOSS_TOLERANCE,
  learnsTheSame,
  median,
  pairedRatio,
  summarize,
} from '../../bench/src/statistics.js';

describe('the median', () => {
  it('is the middle of an odd number of values, whatever their order', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 9, 100])).toBe(10);
  });

  it('is the mean of the middle two of an even number', () => {
    expect(median([4, 1, 3, 100])).toBe(3.5);
  });

  it('leaves its argument as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('refuses nothing at all, and what is no number', () => {
    expect(() => median([])).toThrow(/at least one/);
    expect(() => median([1, Number.NaN])).toThrow(/finite/);
    expect(() => median([1, Number.POSITIVE_INFINITY])).toThrow(/finite/);
  });
});

describe('a summary', () => {
  it('has the median, the extremes and the number of values', () => {
    expect(summarize([3, 1, 2, 8, 4])).toEqual({ median: 3, min: 1, max: 8, count: 5 });
  });
});

describe('a ratio of two sides', () => {
  it('is taken round by round: a machine that halves its speed for both does not change it', () => {
    expect(pairedRatio([100, 50, 120], [20, 10, 24])).toEqual({
      median: 5,
      min: 5,
      max: 5,
      count: 3,
    });
  });

  it('is the median of ratios, not the ratio of medians', () => {
    expect(pairedRatio([1, 10, 100], [1, 1, 1000]).median).toBe(1);
  });

  it('refuses sides with different numbers of rounds', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow(/2 rounds against 1/);
  });
});

describe('two losses', () => {
  it('count as the same when they are no further apart than the tolerance', () => {
    expect(learnsTheSame(2.3, 2.3 * (1 + LOSS_TOLERANCE / 2))).toBe(true);
    expect(learnsTheSame(2.3, 2.3 * (1 + 2 * LOSS_TOLERANCE))).toBe(false);
    expect(learnsTheSame(0, 0)).toBe(true);
    expect(learnsTheSame(2.3, Number.NaN)).toBe(false);
  });
});
