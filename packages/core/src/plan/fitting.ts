// How many rows a program computes at once where people do not say it: as many as are usual, and of a network whose samples
// take a lot of memory fewer. A function of the network alone, so that it is the same on every thread and machine.
// Not here: the rows of a shard, which the batch size and the number of shards say.
import type { Program } from './program.js';

/** What the values of rows may take: each thread has an arena of its own, and all of them lie in one memory of 4 GiB. */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * @param most rows, a power of two
 * @param plan for so many rows at once
 * @returns the program of as many rows as fit, and at least of one
 */
export function planFitting(
  most: number,
  plan: (rows: number) => Program,
): { readonly program: Program; readonly rows: number } {
  let rows = most;
  let program = plan(rows);
  while (program.arenaBytes > MOST_BYTES && rows > 1) {
    rows /= 2;
    program = plan(rows);
  }
  return { program, rows };
}
