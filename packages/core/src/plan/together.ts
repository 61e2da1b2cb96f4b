// How many shards of a batch one run of a program computes: so many that weights are read seldom, and so few that what is
// computed of their rows stays near. It changes no bit, so it is no part of what a run is, and may change at any time.
import type { Program } from './program.js';

/** More rows than these read their weights seldom enough (784-1024-1024-10: 128 rows 1.1 times as fast as 64). */
const MOST_ROWS = 128;
/** What the values of all rows may take, unless the weights take more: beyond that they are fetched from far away each time. */
const NEAR_BYTES = 2 ** 20;
/** What they may take in any case. */
const MOST_BYTES = 16 * 2 ** 20;

/**
 * @param rows the most that a shard has
 * @param shards of a batch
 * @param weightBytes what is read again for each run
 * @param plan a program for so many rows, of so many shards at most; of one shard where the network does not let more be computed
 */
export function planTogether(
  rows: number,
  shards: number,
  weightBytes: number,
  plan: (capacity: number, mostShards: number) => Program,
): Program {
  const most = Math.min(Math.max(weightBytes, NEAR_BYTES), MOST_BYTES);
  let together = 1;
  // The two halves of a batch are never one block.
  while (4 * together <= shards && 2 * together * rows <= MOST_ROWS) together *= 2;
  for (; together > 1; together /= 2) {
    const program = plan(together * rows, together);
    if (program.shards < together) break;
    if (program.arenaBytes - program.preparedBytes <= most) return program;
  }
  return plan(rows, 1);
}
