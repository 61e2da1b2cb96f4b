import { alignedBlocks } from '@lockstep/tree';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Member } from '../state/member.js';
import { deal, predictedMs, speedsOf } from './deal.js';

const SHARDS = fc.integer({ min: 0, max: 8 }).map((level) => 2 ** level);
const SPEEDS = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), {
  minLength: 1,
  maxLength: 12,
});

/** The least time of the slowest rank, by trying all ways to hand out few shards. */
function leastMs(shards: number, speeds: readonly number[]): number {
  const [speed, ...others] = speeds;
  if (others.length === 0) return shards / speed!;
  let least = Infinity;
  for (let count = 0; count <= shards; count++) {
    least = Math.min(least, Math.max(count / speed!, leastMs(shards - count, others)));
  }
  return least;
}

function blocksOf(ranges: readonly { first: number; end: number }[]): number {
  return ranges.reduce((sum, range) => sum + alignedBlocks(range).length, 0);
}

describe('deal', () => {
  it('covers every shard once, in ranges that follow each other in the order of ranks', () => {
    fc.assert(
      fc.property(SHARDS, SPEEDS, (shards, speeds) => {
        let next = 0;
        for (const { first, end } of deal(shards, speeds)) {
          expect(first).toBe(next);
          expect(end).toBeGreaterThanOrEqual(first);
          next = end;
        }
        expect(next).toBe(shards);
      }),
      { seed: 1 },
    );
  });

  it('takes at most a tenth longer than the fastest deal there is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4, 8, 16),
        fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 4 }),
        (shards, speeds) => {
          const ms = predictedMs(deal(shards, speeds), speeds);
          // Rounding of the quotients, and nothing else.
          expect(ms).toBeLessThanOrEqual(1.1 * leastMs(shards, speeds) * (1 + 1e-12));
        },
      ),
      { seed: 1 },
    );
  });

  it('gives workers of about equal speed one aligned block each, if their number is a power of two', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }).map((level) => 2 ** level),
        fc.infiniteStream(fc.double({ min: 1, max: 1.09, noNaN: true })),
        (ranks, stream) => {
          const speeds = Array.from({ length: ranks }, () => stream.next().value!);
          const ranges = deal(64, speeds);
          expect(blocksOf(ranges)).toBe(ranks);
          for (const { first, end } of ranges) expect(end - first).toBe(64 / ranks);
        },
      ),
      { seed: 1 },
    );
  });

  it('gives one twice as fast twice as much, in as few blocks as that can be', () => {
    const ranges = deal(64, [2, 1]);
    expect(predictedMs(ranges, [2, 1])).toBeLessThanOrEqual((1.1 * 64) / 3);
    expect(blocksOf(ranges)).toBeLessThanOrEqual(
      blocksOf([
        { first: 0, end: 43 },
        { first: 43, end: 64 },
      ]),
    );
    expect(deal(4, [3, 1])).toEqual([
      { first: 0, end: 3 },
      { first: 3, end: 4 },
    ]);
  });

  it('leaves some without shards where there are more workers than shards', () => {
    const counts = deal(2, [1, 1, 1]).map(({ first, end }) => end - first);
    expect(counts.sort()).toEqual([0, 1, 1]);
  });

  it('deals the most shards to many workers in a moment', () => {
    const speeds = Array.from({ length: 1000 }, (_, rank) => 1 + (rank % 7));
    const began = performance.now();
    const ranges = deal(1024, speeds);
    expect(ranges.at(-1)!.end).toBe(1024);
    // Some ten milliseconds on an idle machine; a busy one may take many times that.
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('speedsOf', () => {
  const member = (threads: number, speed: number | null) => ({ threads, speed }) as Member;

  it('takes a worker that was not measured yet for as fast as its threads are elsewhere', () => {
    expect(speedsOf([member(2, 6), member(4, null)])).toEqual([6, 12]);
    expect(speedsOf([member(2, null), member(4, null)])).toEqual([2, 4]);
  });
});
