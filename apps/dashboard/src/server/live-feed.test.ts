import { expect, test } from 'vitest';
import { untilNextLook } from './live-feed.js';

/** When a run of so long is looked at, each look taking so long. */
function looks(runMs: number, last: number): number[] {
  const at: number[] = [];
  for (let now = 0; now < runMs; now += untilNextLook(now, { all: at.length * last, last })) {
    at.push(now);
  }
  return at;
}

test('a run of seconds is looked at often enough for a curve, one of hours once a second', () => {
  expect(looks(3000, 0.3).length).toBeGreaterThanOrEqual(20);
  expect(looks(3000, 1).length).toBeGreaterThanOrEqual(20);
  const hour = looks(3_600_000, 0.3);
  expect(hour.length).toBeLessThan(3600 + 200);
  expect(hour.at(-1)! - hour.at(-2)!).toBe(1000);
});

test.each([0.1, 1, 3, 9, 40, 2000])(
  'looks of %d ms take half a hundredth of the time, and what may be taken before there is any',
  (ms) => {
    for (const runMs of [1000, 20_000, 1_000_000]) {
      const [, ...later] = looks(runMs, ms);
      // The first one is taken whatever it costs: nobody knows that before.
      expect((later.length + 1) * ms).toBeLessThanOrEqual(Math.max(ms, 10 + 0.005 * runMs));
    }
  },
);
