import { ConfigError } from '@lockstep/errors';
import { describe, expect, test } from 'vitest';
import { checkShards, defaultShards } from './shards.js';

describe('the number of shards', () => {
  test.each([
    [1, 1],
    [31, 1],
    [32, 2],
    [64, 4],
    [127, 4],
    [1024, 64],
    [60000, 64],
  ])('is by default, for batches of %i, %i', (batchSize, shards) => {
    expect(defaultShards(batchSize)).toBe(shards);
  });

  test('is a power of two', () => {
    for (const good of [1, 2, 512, 1024]) expect(() => checkShards(good)).not.toThrow();
    for (const bad of [0, -1, 3, 1.5, 2048, Number.NaN, Infinity]) {
      expect(() => checkShards(bad)).toThrow(ConfigError);
    }
  });
});
