// How batches are cut and shard sums are grouped: properties over all sizes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from './errors.js';
import {
  batchLength,
  checkShards,
  defaultShards,
  MAX_SHARDS,
  maxShardRows,
  scheduleBlocks,
  scheduleBuckets,
  shardStart,
  stepsPerEpoch,
} from './shards.js';

const SHARDS = fc.integer({ min: 0, max: 10 }).map((exponent) => 2 ** exponent);

/** The maximal aligned blocks of [first, end), smaller than all: found by trying the largest at each place. */
function maximalBlocks(
  first: number,
  end: number,
  shards: number,
): { first: number; size: number }[] {
  const blocks: { first: number; size: number }[] = [];
  for (let at = first; at < end; ) {
    let size = 1;
    while (at % (2 * size) === 0 && at + 2 * size <= end && 2 * size < shards) size *= 2;
    blocks.push({ first: at, size });
    at += size;
  }
  return blocks;
}

/** The fixed tree over [first, first + size), as a formula. */
function tree(first: number, size: number): string {
  if (size === 1) return String(first);
  return `(${tree(first, size / 2)}+${tree(first + size / 2, size / 2)})`;
}

describe('scheduleBlocks', () => {
  test('leaves the maximal aligned blocks, each summed along the fixed tree, in few buffers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: MAX_SHARDS }),
        fc.integer({ min: 0, max: MAX_SHARDS }),
        (a, b) => {
          const [first, end] = [Math.min(a, b), Math.max(a, b)];
          const { moves, blocks, buffers } = scheduleBlocks(first, end, MAX_SHARDS);
          const held = new Map<number, string>();
          const computed: number[] = [];
          for (const move of moves) {
            if (move.kind === 'compute') {
              expect(move.buffer).toBeLessThan(buffers);
              expect(held.has(move.buffer)).toBe(false);
              held.set(move.buffer, String(move.shard));
              computed.push(move.shard);
            } else {
              held.set(move.into, `(${held.get(move.into)}+${held.get(move.from)})`);
              held.delete(move.from);
            }
          }
          expect(computed).toEqual(Array.from({ length: end - first }, (_, i) => first + i));
          expect(blocks.map(({ first, size }) => ({ first, size }))).toEqual(
            maximalBlocks(first, end, MAX_SHARDS),
          );
          expect(blocks.map(({ buffer }) => held.get(buffer))).toEqual(
            blocks.map(({ first, size }) => tree(first, size)),
          );
          // What is open while a shard is computed: a block per level of the tree going up, and one going down.
          expect(buffers).toBeLessThanOrEqual(2 * Math.log2(MAX_SHARDS) + 1);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  test('leaves the halves of a whole batch apart, and gives one block where there is one shard', () => {
    expect(scheduleBlocks(0, 64, 64).blocks).toEqual([
      { first: 0, size: 32, buffer: 0 },
      { first: 32, size: 32, buffer: 1 },
    ]);
    expect(scheduleBlocks(0, 64, 128).blocks).toEqual([{ first: 0, size: 64, buffer: 0 }]);
    expect(scheduleBlocks(0, 1, 1).blocks).toEqual([{ first: 0, size: 1, buffer: 0 }]);
  });

  test('of several ranges has one after the other, in buffers of their own', () => {
    const ranges = [
      { first: 1, end: 4 },
      { first: 4, end: 8 },
      { first: 8, end: 8 },
    ];
    const { moves, blocks, buffers, buckets } = scheduleBuckets(ranges, 16);
    const alone = ranges.map(({ first, end }) => scheduleBlocks(first, end, 16));
    expect(buckets.map((bucket) => [bucket.moves, bucket.blocks])).toEqual([
      [4, 2],
      [11, 3],
      [11, 3],
    ]);
    expect(moves.slice(0, 4)).toEqual(alone[0]!.moves);
    expect(blocks.map(({ first, size }) => [first, size])).toEqual([
      [1, 1],
      [2, 2],
      [4, 4],
    ]);
    expect(new Set(blocks.map(({ buffer }) => buffer)).size).toBe(3);
    expect(buffers).toBe(alone.reduce((sum, each) => sum + each.buffers, 0));
  });

  test('gives nothing for no shards', () => {
    expect(scheduleBlocks(5, 5, 8)).toEqual({ moves: [], blocks: [], buffers: 0 });
  });
});

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
});

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
