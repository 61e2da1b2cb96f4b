// Several deals over one memory: properties over all of them.
import { joinBlocks, partition, type Range } from '@lockstep/tree';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Deal, type DealtShards, dealShards } from './deals.js';

const ROOM = {
  ...{ stateBytes: 64, constantFloats: 0, partialFloats: 16, chunkFloats: 0, tiles: 1 },
  ...{ evaluationChunks: 0, arenaBytes: 64, stagingBytes: 0, scalarFloats: 0 },
};

function dealTo(threads: number, all: number, buckets: readonly Range[]): Deal {
  return buckets.map(({ first, end }) => {
    const none = Array.from({ length: all - threads }, () => ({ first: end, end }));
    return [...partition(end - first, threads, first), ...none];
  });
}

/** The blocks that a bucket's are joined into, and where they lie. */
function joined({ schedules, memory }: DealtShards, bucket: number) {
  const held = schedules.flatMap(({ blocks, buckets }, thread) =>
    blocks.slice(buckets[bucket - 1]?.blocks ?? 0, buckets[bucket]!.blocks).map((block) => ({
      ...{ first: block.first, size: block.size },
      address: memory.threads[thread]!.partials[block.partial]!,
    })),
  );
  return joinBlocks(held).blocks;
}

it('what is computed lies at the same address in all, in memory that nobody else has', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.nat(64), { minLength: 2, maxLength: 4 }),
      fc.constantFrom(1, 2, 8),
      (all, cuts, together) => {
        const [first, ...ends] = cuts.sort((a, b) => a - b) as [number, ...number[]];
        const buckets = ends.map((end, i) => ({ first: i === 0 ? first : ends[i - 1]!, end }));
        const deals = Array.from({ length: all }, (_, i) => dealTo(all - i, all, buckets));
        const dealt = dealShards(ROOM, 64, together, deals);
        for (const each of dealt) {
          const { bytes, threads } = each.memory;
          expect(bytes).toBe(dealt[0]!.memory.bytes);
          const partials = threads.flatMap(({ partials }) => partials);
          expect(new Set(partials).size).toBe(partials.length);
          const lowest = Math.min(...dealt[0]!.memory.threads.map(({ partials }) => partials[0]!));
          expect(partials.every((at) => at >= lowest && at + 64 <= bytes)).toBe(true);
          each.schedules.forEach((schedule, thread) => {
            expect(threads[thread]!.partials.length).toBeGreaterThanOrEqual(schedule.partials);
          });
          buckets.forEach((_, bucket) => {
            expect(joined(each, bucket)).toEqual(joined(dealt[0]!, bucket));
          });
        }
      },
    ),
    { seed: 4 },
  );
});
