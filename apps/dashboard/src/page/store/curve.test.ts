import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Curve, largestTriangles, MOST_POINTS } from './curve.js';

test('keeps every point as it came while they are few', () => {
  const curve = new Curve();
  for (let step = 1; step <= 100; step++) curve.push(step, step ** 2);
  expect(curve.steps).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  expect(curve.values[9]).toBe(100);
});

test('never has more points than its limit; ends, a lone peak and the newest stay', () => {
  const curve = new Curve();
  const last = 10 * MOST_POINTS;
  for (let step = 0; step <= last; step++) curve.push(step, step === 777 ? 1000 : Math.sin(step));
  expect(curve.steps.length).toBeLessThanOrEqual(MOST_POINTS);
  expect(curve.steps.length).toBeGreaterThan(MOST_POINTS / 4);
  expect(curve.steps[0]).toBe(0);
  expect(curve.values[curve.steps.indexOf(777)]).toBe(1000);
  expect(curve.steps.slice(-500)).toEqual(Array.from({ length: 500 }, (_, i) => last - 499 + i));
});

test('points after a step that comes again are taken back', () => {
  const curve = new Curve();
  for (const step of [10, 20, 30, 40]) curve.push(step, step);
  curve.push(25, -1);
  expect([curve.steps, curve.values]).toEqual([
    [10, 20, 25],
    [10, 20, -1],
  ]);
});

test('largest triangles are indices of the points, ascending, as many as asked, with both ends', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 3, maxLength: 200 }),
      fc.nat(),
      (ys, some) => {
        const count = 3 + (some % (ys.length - 2));
        const xs = ys.map((_, i) => i);
        const chosen = largestTriangles(xs, ys, count);
        expect(chosen.length).toBe(count);
        expect(chosen[0]).toBe(0);
        expect(chosen.at(-1)).toBe(ys.length - 1);
        chosen.forEach((index, i) => {
          if (i > 0) expect(index).toBeGreaterThan(chosen[i - 1]!);
        });
      },
    ),
  );
});
