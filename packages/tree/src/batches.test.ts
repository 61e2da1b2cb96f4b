// How an epoch is cut into batches, and those into shards: properties over all sizes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchLength, batchOf, samplesSeen, stepsPerEpoch } from './batches.js';
import { maxShardRows, shardStart } from './shards.js';

const SHARDS = fc.integer({ min: 0, max: 10 }).map((exponent) => 2 ** exponent);

describe('an epoch', () => {
  test('uses every sample exactly once, and shards of a batch differ by at most one sample', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 400 }),
        SHARDS,
        fc.boolean(),
        (samples, batchSize, shards, dropLast) => {
          const plan = { samples, batchSize, dropLast };
          const used = new Uint8Array(samples);
          for (let index = 0; index < stepsPerEpoch(plan); index++) {
            const count = batchLength(plan, index);
            const sizes: number[] = [];
            for (let shard = 0; shard < shards; shard++) {
              const start = shardStart(count, shards, shard);
              const end = shardStart(count, shards, shard + 1);
              sizes.push(end - start);
              for (let i = start; i < end; i++) used[index * batchSize + i]!++;
            }
            expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
            expect(Math.max(...sizes)).toBeLessThanOrEqual(maxShardRows(batchSize, shards));
          }
          const expected = dropLast ? samples - (samples % batchSize) : samples;
          expect(used.every((count, i) => count === (i < expected ? 1 : 0))).toBe(true);
        },
      ),
      { seed: 2, numRuns: 200 },
    );
  });

  test('follows another, and what a run has seen are the batches of its steps', () => {
    const plan = { samples: 23, batchSize: 5, dropLast: false };
    expect(batchOf(plan, 4)).toEqual({ epoch: 0, first: 20, samples: 3 });
    expect(batchOf(plan, 5)).toEqual({ epoch: 1, first: 0, samples: 5 });
    for (const dropLast of [false, true]) {
      let seen = 0;
      for (let step = 0; step < 20; step++) {
        expect(samplesSeen({ ...plan, dropLast }, step)).toBe(seen);
        seen += batchOf({ ...plan, dropLast }, step).samples;
      }
    }
  });
});
