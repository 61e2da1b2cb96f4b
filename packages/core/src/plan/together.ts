// How many shards of a batch one run of a program computes: so many that weights are read seldom, and so few that what is
// computed of their rows stays near. It changes no bit, so it is no part of what a run is, and may change at any time.
import type { Program } from './program.js';

/** More rows than these read their weights seldom enough. */
const MOST_ROWS = 64;
/** What the values of all rows may take: beyond that they are fetched from far away each time. */
const MOST_BYTES = 4 * 2 ** 20;

/**
 * @param rows the most that a shard has
 * @param shards of a batch
 * @param plan a program for so many rows, of so many shards at most; of one shard where the network does not let more be computed
 */
export function planTogether(
  rows: number,
  shards: number,
  plan: (capacity: number, mostShards: number) => Program,
): Program {
  let together = 1;
  // The two halves of a batch are never one block.
  while (4 * together <= shards && 2 * together * rows <= MOST_ROWS) together *= 2;
  for (; together > 1; together /= 2) {
    const program = plan(together * rows, together);
    if (program.shards < together) break;
    if (program.arenaBytes - program.preparedBytes <= MOST_BYTES) return program;
  }
  return plan(rows, 1);
}
