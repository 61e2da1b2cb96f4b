// Several deals of the same shards to threads, over one memory, so that those who take steps may go from one deal to another
// between any two of them. Invariant: a block of shards that begins with the same shard lies at the same address in each, so
// whoever looks for what a step came to need not know which deal it was.
import { type BucketSchedule, type Range, scheduleBuckets } from '@lockstep/tree';
import { type MemoryMap, type MemoryRequest, mapMemory } from './memory-map.js';

/** Each thread's shards, bucket by bucket; a thread may have none. */
export type Deal = readonly (readonly Range[])[];

export interface DealtShards {
  /** For each thread, its shards in the order in which they are computed. */
  readonly schedules: readonly BucketSchedule[];
  /** The same for all deals, but for which thread has which partials. */
  readonly memory: MemoryMap;
}

/**
 * @param together shards that are computed at once, at the most
 * @param deals of as many threads each; the first one says where everything lies
 */
export function dealShards(
  room: Omit<MemoryRequest, 'partialsPerThread' | 'sparePartials'>,
  shards: number,
  together: number,
  deals: readonly Deal[],
): DealtShards[] {
  const [first, ...others] = deals.map((buckets) =>
    buckets[0]!.map((_, thread) =>
      scheduleBuckets(
        buckets.map((ranges) => ranges[thread]!),
        shards,
        together,
      ),
    ),
  );
  // A thread without shards still evaluates, which takes a partial for its sums.
  const partialsPerThread = first!.map(({ partials }) => Math.max(partials, 1));
  const count = (partials: readonly number[]): number => partials.reduce((sum, n) => sum + n, 0);
  const most = Math.max(0, ...others.map((each) => count(each.map(({ partials }) => partials))));
  const sparePartials = Math.max(0, most - count(partialsPerThread));
  const memory = mapMemory({ ...room, partialsPerThread, sparePartials });
  const base = { schedules: first!, memory };
  return [base, ...others.map((schedules) => placeLike(base, schedules))];
}

/** Gives threads the partials of another deal. */
function placeLike(
  { schedules: from, memory }: DealtShards,
  schedules: readonly BucketSchedule[],
): DealtShards {
  const addresses = new Map(
    from.flatMap(({ blocks }, thread) =>
      blocks.map(({ first, partial }) => [first, memory.threads[thread]!.partials[partial]!]),
    ),
  );
  const kept = schedules.map(({ blocks }) => {
    const held = blocks.filter(({ first }) => addresses.has(first));
    return new Map(held.map(({ first, partial }) => [partial, addresses.get(first)!]));
  });
  const taken = new Set(kept.flatMap((partials) => [...partials.values()]));
  const all = [...memory.threads.flatMap(({ partials }) => partials), ...memory.spares];
  const free = all.filter((address) => !taken.has(address)).values();
  const threads = memory.threads.map((thread, at) => ({
    ...thread,
    partials: Array.from(
      { length: schedules[at]!.partials },
      (_, partial) => kept[at]!.get(partial) ?? free.next().value!,
    ),
  }));
  return { schedules, memory: { ...memory, threads } };
}
