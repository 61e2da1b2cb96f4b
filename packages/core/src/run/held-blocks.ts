// The blocks that a batch comes to when every thread of a plan has computed its shards, and the sum over all of them.
import { type HeldBlock, sumTree, type TreeSum } from '@lockstep/tree';
import type { RunPlan } from './run-plan.js';

/** What the threads hold of a bucket, in order; addresses of partials. */
export function heldBlocks({ schedules, memory }: RunPlan, bucket: number): HeldBlock[] {
  return schedules.flatMap(({ blocks, buckets }, thread) =>
    blocks
      .slice(buckets[bucket - 1]?.blocks ?? 0, buckets[bucket]!.blocks)
      .map(({ first, size, partial }) => ({
        first,
        size,
        address: memory.threads[thread]!.partials[partial]!,
      })),
  );
}

/** The additions that are left above the first bucket's blocks; undefined unless that is the whole batch. */
export function wholeSum(plan: RunPlan): TreeSum | undefined {
  const blocks = heldBlocks(plan, 0);
  const held = blocks.reduce((shards, { size }) => shards + size, 0);
  return held === plan.config.shards ? sumTree(held, blocks) : undefined;
}
