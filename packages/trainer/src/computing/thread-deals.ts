// The numbers of threads that are worth trying where they need not all compute, and how shards are dealt to each of them.
import { type RunPlan, redeal } from '@lockstep/core/internal';
import { partition, type Range, rangeLength } from '@lockstep/tree';

/** Shards of each thread, bucket by bucket, where so many threads compute; the others have none. */
export interface ThreadDeal {
  readonly threads: number;
  readonly buckets: readonly (readonly Range[])[];
}

/** A smaller number is at most this part of the one before. */
const STEP = 0.8;

/**
 * All, and fewer down to one: those where a thread has fewer shards than with one thread less, no two of them close.
 *
 * @param most at least 1
 */
export function threadNumbers(most: number, shards: number): number[] {
  const numbers = [most];
  const load = (threads: number): number => Math.ceil(shards / threads);
  for (let threads = most - 1; threads > 1; threads--) {
    const isWorth = load(threads) < load(threads - 1);
    if (isWorth && threads <= STEP * numbers.at(-1)!) numbers.push(threads);
  }
  return most > 1 ? [...numbers, 1] : numbers;
}

/** @param all the threads that there are */
export function dealTo(threads: number, all: number, buckets: readonly Range[]): ThreadDeal {
  const dealt = buckets.map((bucket) => {
    const ranges = partition(rangeLength(bucket), threads, bucket.first);
    const none = { first: bucket.end, end: bucket.end };
    return [...ranges, ...Array.from({ length: all - threads }, () => none)];
  });
  return { threads, buckets: dealt };
}

/** One plan for each deal, in one memory. @param plan of the same run */
export function plansFor(plan: RunPlan, deals: readonly ThreadDeal[]): [RunPlan, ...RunPlan[]] {
  const [first, ...others] = redeal(
    plan,
    deals.map(({ buckets }) => buckets),
  );
  return [first!, ...others];
}
