import fc from 'fast-check';
import { expect, test } from 'vitest';
import { smooth } from './smooth.js';

const STEPS = Array.from({ length: 101 }, (_, i) => 10 * i);

test('a weight of 0 leaves the values as they are', () => {
  expect(smooth([1, 2, 5], [3, -1, 8], 0, 4)).toEqual([3, -1, 8]);
});

test('what does not change stays, from the first point on', () => {
  for (const value of smooth(
    STEPS,
    STEPS.map(() => 2.5),
    0.99,
    1000,
  )) {
    expect(value).toBeCloseTo(2.5, 12);
  }
});

test('a smoothed curve stays between the least and the most so far', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 60 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (ys, weight) => {
        const xs = ys.map((_, i) => 3 * i);
        smooth(xs, ys, weight, Math.max(1, 3 * ys.length)).forEach((value, i) => {
          const before = ys.slice(0, i + 1);
          // Rounding of sums of up to 60 values below 100.
          expect(value).toBeGreaterThanOrEqual(Math.min(...before) - 1e-9);
          expect(value).toBeLessThanOrEqual(Math.max(...before) + 1e-9);
        });
      },
    ),
  );
});

test('leaving points out changes a smooth curve little: it is weighed by the axis, not by points', () => {
  const line = (steps: readonly number[]) =>
    smooth(
      steps,
      steps.map((x) => x / 1000),
      0.98,
      1000,
    );
  const sparse = STEPS.filter((_, i) => i % 2 === 0);
  // The curve lags by about 50 steps of 1000; which points carry it moves it by less than a tenth of that.
  expect(Math.abs(line(STEPS).at(-1)! - line(sparse).at(-1)!)).toBeLessThan(0.01);
});
