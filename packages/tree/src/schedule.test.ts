// The order of a thread's shards: properties over all ranges.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scheduleBlocks, scheduleBuckets } from './schedule.js';
import { MAX_SHARDS } from './shards.js';

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
  test('leaves the maximal aligned blocks, each summed along the fixed tree, in few partials', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: MAX_SHARDS }),
        fc.integer({ min: 0, max: MAX_SHARDS }),
        fc.constantFrom(1, 2, 8, MAX_SHARDS),
        (a, b, most) => {
          const [first, end] = [Math.min(a, b), Math.max(a, b)];
          const { moves, blocks, partials } = scheduleBlocks({ first, end }, MAX_SHARDS, most);
          const held = new Map<number, string>();
          const computed: number[] = [];
          for (const move of moves) {
            if (move.kind === 'compute') {
              expect(move.partial).toBeLessThan(partials);
              expect(held.has(move.partial)).toBe(false);
              expect(move.size).toBeLessThanOrEqual(most);
              held.set(move.partial, tree(move.first, move.size));
              for (let i = 0; i < move.size; i++) computed.push(move.first + i);
            } else {
              held.set(move.into, `(${held.get(move.into)}+${held.get(move.from)})`);
              held.delete(move.from);
            }
          }
          expect(computed).toEqual(Array.from({ length: end - first }, (_, i) => first + i));
          expect(blocks.map(({ first, size }) => ({ first, size }))).toEqual(
            maximalBlocks(first, end, MAX_SHARDS),
          );
          expect(blocks.map(({ partial }) => held.get(partial))).toEqual(
            blocks.map(({ first, size }) => tree(first, size)),
          );
          // What is open while a shard is computed: a block per level of the tree going up, and one going down.
          expect(partials).toBeLessThanOrEqual(2 * Math.log2(MAX_SHARDS) + 1);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  test('leaves the halves of a whole batch apart, and gives one block where there is one shard', () => {
    expect(scheduleBlocks({ first: 0, end: 64 }, 64).blocks).toEqual([
      { first: 0, size: 32, partial: 0 },
      { first: 32, size: 32, partial: 1 },
    ]);
    expect(scheduleBlocks({ first: 0, end: 64 }, 128).blocks).toEqual([
      { first: 0, size: 64, partial: 0 },
    ]);
    expect(scheduleBlocks({ first: 0, end: 1 }, 1).blocks).toEqual([
      { first: 0, size: 1, partial: 0 },
    ]);
  });

  test('of several ranges has one after the other, in partials of their own', () => {
    const ranges = [
      { first: 1, end: 4 },
      { first: 4, end: 8 },
      { first: 8, end: 8 },
    ];
    const { moves, blocks, partials, buckets } = scheduleBuckets(ranges, 16);
    const alone = ranges.map((range) => scheduleBlocks(range, 16));
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
    expect(new Set(blocks.map(({ partial }) => partial)).size).toBe(3);
    expect(partials).toBe(alone.reduce((sum, each) => sum + each.partials, 0));
  });

  test('gives nothing for no shards', () => {
    expect(scheduleBlocks({ first: 5, end: 5 }, 8)).toEqual({ moves: [], blocks: [], partials: 0 });
  });
});
