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

/**
 * Of a plan for all shards, in one bucket.
 *
 * @throws ProtocolError if it has others
 */
export function wholeSum(plan: RunPlan): TreeSum {
  return sumTree(plan.config.shards, heldBlocks(plan, 0));
}
