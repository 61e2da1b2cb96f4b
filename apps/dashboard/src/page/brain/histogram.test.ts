// Histograms: every number is counted once, the ends lie where nearly all numbers are, and other bins keep the shares.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { histogramOf, rebinned, sampled } from './histogram.js';

const floats = fc
  .array(fc.float({ noNaN: true, min: -1000, max: 1000 }), { minLength: 1, maxLength: 300 })
  .map((values) => Float32Array.from(values));

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

describe('a histogram', () => {
  test('counts every number once', () => {
    fc.assert(
      fc.property(floats, fc.boolean(), (values, isZeroApart) => {
        const { counts, zeros, count, low, high } = histogramOf(values, isZeroApart);
        expect(sum(counts) + zeros).toBe(values.length);
        expect(count).toBe(values.length);
        expect(high).toBeGreaterThan(low);
      }),
    );
  });

  test('counts zeros apart only where that is asked for', () => {
    const values = Float32Array.of(0, 0, 1, 2, 3);
    expect(histogramOf(values, true)).toMatchObject({ zeros: 2, low: 1, high: 3 });
    expect(histogramOf(values, false)).toMatchObject({ zeros: 0, low: 0, high: 3 });
  });

  test('is not drawn out by one number that is far away', () => {
    const values = Float32Array.from({ length: 10_000 }, (_, i) => (i % 100) / 100);
    values[77] = 1e6;
    const { high, counts } = histogramOf(values, false);
    expect(high).toBeLessThan(2);
    expect(sum(counts)).toBe(10_000);
  });

  test('says mean and standard deviation', () => {
    const { mean, deviation } = histogramOf(Float32Array.of(1, 3, 1, 3), false);
    expect(mean).toBe(2);
    expect(deviation).toBe(1);
  });

  test('of nothing, and of numbers that are all equal, has ends that differ', () => {
    expect(histogramOf(new Float32Array(), false)).toMatchObject({ low: 0, high: 1, count: 0 });
    expect(histogramOf(Float32Array.of(4, 4), false)).toMatchObject({ low: 2, high: 6 });
    expect(histogramOf(Float32Array.of(0, 0), true)).toMatchObject({ zeros: 2, low: 0, high: 1 });
  });
});

describe('other bins', () => {
  test('hold the same shares, wherever they lie', () => {
    const ends = fc.tuple(fc.integer({ min: -2000, max: 2000 }), fc.integer({ min: 1, max: 4000 }));
    fc.assert(
      fc.property(floats, ends, fc.integer({ min: 1, max: 60 }), (values, [low, width], bins) => {
        const shares = rebinned(histogramOf(values, false), low, low + width, bins);
        expect(shares.length).toBe(bins);
        // Sums of at most 48 shares in float64.
        expect(sum(shares)).toBeCloseTo(1, 9);
      }),
    );
  });

  test('of the same ends are the bins themselves', () => {
    const histogram = histogramOf(Float32Array.of(0, 1, 2, 3, 3, 3), false, 3);
    const shares = rebinned(histogram, histogram.low, histogram.high, 3);
    for (const [i, share] of shares.entries())
      expect(share).toBeCloseTo(histogram.counts[i]! / 6, 12);
  });
});

test('a sample of many numbers prefers no column of theirs', () => {
  const columns = 128;
  const values = Float32Array.from({ length: 512 * columns }, (_, i) => i % columns);
  const seen = new Set(sampled(values, 2048));
  expect(seen.size).toBe(columns);
});
