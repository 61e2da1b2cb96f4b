import { expect, it } from 'vitest';
import { digestEvery } from './coordinator-setup.js';

it.each([
  [1, 256],
  [64, 256],
  [65, 253],
  [100, 164],
  [256, 64],
  [257, 64],
  [100_000, 64],
])('with batches of %i workers tell digests every %i steps', (batchSize, steps) => {
  expect(digestEvery(batchSize)).toBe(steps);
});
