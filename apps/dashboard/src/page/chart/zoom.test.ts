import { expect, test } from 'vitest';
import { everyNth } from './epoch-marks.js';
import { zoomedByKey } from './zoom.js';

test('keys zoom around the middle, never below step 0, and 0 shows all', () => {
  expect(zoomedByKey('+', 100, 200)).toEqual([120, 180]);
  expect(zoomedByKey('-', 120, 180)).toEqual([100, 200]);
  expect(zoomedByKey('-', 0, 60)).toEqual([0, 80]);
  expect(zoomedByKey('0', 1, 2)).toBeNull();
  expect(zoomedByKey('a', 1, 2)).toBeUndefined();
});

test.each([
  [5, 400, 1],
  [20, 400, 2],
  [1000, 400, 100],
  [1000, 10, 1000],
])('of %i epochs on %i pixels every %ith is marked', (count, width, nth) => {
  expect(everyNth(count, width)).toBe(nth);
});
