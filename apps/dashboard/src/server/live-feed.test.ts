import { expect, test } from 'vitest';
import { untilNextLook } from './live-feed.js';

/** When a run of so long is looked at, each look taking so long. */
function looks(runMs: number, costMs: number): number[] {
  const at: number[] = [];
  for (let now = 0; now < runMs; now += untilNextLook(now, costMs)) at.push(now);
  return at;
}

test('a run of seconds is looked at often enough for a curve, one of hours once a second', () => {
  expect(looks(3000, 0.3).length).toBeGreaterThanOrEqual(20);
  const hour = looks(3_600_000, 0.3);
  expect(hour.length).toBeLessThan(3600 + 200);
  expect(hour.at(-1)! - hour.at(-2)!).toBe(1000);
});

test.each([0.1, 3, 40, 2000])('looks of %d ms take half a hundredth of the time at most', (ms) => {
  const runMs = 1_000_000;
  // The first one comes before there is any time to take a share of.
  expect((looks(runMs, ms).length - 1) * ms).toBeLessThanOrEqual(0.005 * runMs);
});
