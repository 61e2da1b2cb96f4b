import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { permutation } from './permutation.js';
import { STREAM } from './streams.js';

describe('permutation', () => {
  it.each([0, 1, 2, 3, 4, 5, 63, 64, 65, 1000, 60_000])(
    'of %d visits every index once',
    (count) => {
      const sorted = permutation(count, 42, 1).slice().sort();
      expect(sorted.length).toBe(count);
      expect(sorted.every((value, i) => value === i)).toBe(true);
    },
  );

  // These are part of every run's identity: a change here changes all weights.
  it('keeps its first values for ever', () => {
    expect(Array.from(permutation(60_000, 0, 0).subarray(0, 6))).toEqual([
      3058, 46414, 48442, 16654, 55554, 45263,
    ]);
    expect(Array.from(permutation(10, 1, 2))).toEqual([0, 4, 9, 3, 5, 1, 2, 7, 6, 8]);
  });

  it('differs by seed, epoch and stream, and repeats for the same three', () => {
    const orders = [
      permutation(100, 1, 1),
      permutation(100, 2, 1),
      permutation(100, 1, 2),
      permutation(100, 1, 1, STREAM.split),
      permutation(100, 2 ** 32 + 1, 1),
    ].map((order) => order.join());
    expect(new Set(orders).size).toBe(orders.length);
    expect(permutation(100, 1, 1).join()).toBe(orders[0]);
  });

  it('gives each of the 24 orders of four things equally often', () => {
    const draws = 24_000;
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < draws; epoch++) {
      const order = permutation(4, 5, epoch).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    let chiSquare = 0;
    for (const count of counts.values()) chiSquare += (count - draws / 24) ** 2 / (draws / 24);
    // 23 degrees of freedom: a fair shuffle exceeds 49.7 once in a thousand seeds; this seed is fixed.
    expect(chiSquare).toBeLessThan(49.7);
    // Suspiciously even would be as wrong: below 7.5 once in a thousand.
    expect(chiSquare).toBeGreaterThan(7.5);
  });

  it('puts every tenth of a large set into every tenth of the order equally often', () => {
    const count = 60_000;
    const cells = new Float64Array(100);
    permutation(count, 9, 0).forEach((value, place) => {
      cells[Math.floor(place / 6000) * 10 + Math.floor(value / 6000)]! += 1;
    });
    const chiSquare = cells.reduce((sum, cell) => sum + (cell - 600) ** 2 / 600, 0);
    // 81 degrees of freedom: above 126 once in a thousand seeds.
    expect(chiSquare).toBeLessThan(126);
  });

  it('writes into the array it is given and returns it', () => {
    const out = new Uint32Array(50);
    expect(permutation(50, 3, 4, STREAM.shuffle, out)).toBe(out);
    expect(out).toEqual(permutation(50, 3, 4));
  });

  it('refuses a wrong count, epoch or array', () => {
    expect(() => permutation(-1, 0, 0)).toThrow(ConfigError);
    expect(() => permutation(2 ** 32, 0, 0)).toThrow(ConfigError);
    expect(() => permutation(10, 0, 1.5)).toThrow(ConfigError);
    expect(() => permutation(10, 0, 0, STREAM.shuffle, new Uint32Array(9))).toThrow(
      'permutation: out has 9 places, expected 10',
    );
  });
});
