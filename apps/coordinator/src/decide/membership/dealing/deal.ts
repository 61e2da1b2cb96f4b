// Who computes which shards: contiguous ranges in the order of ranks, in proportion to measured speed. Ranges that
// are few aligned power-of-two blocks are better, because a worker hands over one vector a block.
// Which deal is taken cannot change a result, only the time it takes.
import { blockCount, type Range, rangeLength, rangesOf } from '@lockstep/tree';
import type { Member } from '../state/member.js';

/** How much longer than the fastest deal one with fewer blocks may take: about what one more block costs in sending. */
const BLOCK_TOLERANCE = 1.1;

/** Larger tables are not worth their time (above 0.1 s): the fastest deal is taken as it is. */
const MAX_WORK = 2_000_000;

/**
 * Deals shards 0 … shards − 1.
 *
 * @param shards a power of two
 * @param speeds of each rank, positive, in any unit
 * @returns of the deals that take at most BLOCK_TOLERANCE times as long as the fastest, one with the fewest blocks,
 * and of those one of the fastest; an empty range is [end of the one before, the same)
 */
export function deal(shards: number, speeds: readonly number[]): Range[] {
  const counts = fastestCounts(shards, speeds);
  const limitMs = BLOCK_TOLERANCE * slowestMs(counts, speeds);
  const caps = speeds.map((speed) => Math.min(shards, Math.floor(limitMs * speed)));
  const work = (shards + 1) * caps.reduce((sum, cap) => sum + cap + 1, 0);
  return work > MAX_WORK ? rangesOf(counts) : fewestBlocks(shards, speeds, caps);
}

/**
 * What would give everyone a shard.
 *
 * @param most shards there can be
 * @returns the least number of shards, above `shards`, of which all get one; null if none up to 64 times as many does:
 * whoever is much slower than the others gets none of any
 */
export function shardsForAll(
  shards: number,
  speeds: readonly number[],
  most: number,
): number | null {
  for (let more = 2 * shards; more <= Math.min(most, 64 * shards); more *= 2) {
    if (deal(more, speeds).every((range) => rangeLength(range) > 0)) return more;
  }
  return null;
}

/** Milliseconds of the slowest rank, at so many shards a millisecond. */
export function predictedMs(ranges: readonly Range[], speeds: readonly number[]): number {
  return slowestMs(ranges.map(rangeLength), speeds);
}

/** Of any deal, the least milliseconds of the slowest rank. */
export function fastestMs(shards: number, speeds: readonly number[]): number {
  return slowestMs(fastestCounts(shards, speeds), speeds);
}

/** Shards a millisecond of each member: as measured, else by its threads and what others' threads were measured at. */
export function speedsOf(members: readonly Member[]): number[] {
  let measured = 0;
  let threads = 0;
  for (const member of members) {
    if (member.speed === null) continue;
    measured += member.speed;
    threads += member.threads;
  }
  const perThread = threads > 0 ? measured / threads : 1;
  return members.map((member) => member.speed ?? perThread * member.threads);
}

function slowestMs(counts: readonly number[], speeds: readonly number[]): number {
  return Math.max(...counts.map((count, rank) => count / speeds[rank]!));
}

/** The least time of the slowest: each shard to whoever would be done with it first (D'Hondt's method). */
function fastestCounts(shards: number, speeds: readonly number[]): number[] {
  const total = speeds.reduce((sum, speed) => sum + speed, 0);
  // The method gives each rank at least its share rounded down.
  const counts = speeds.map((speed) => Math.floor((shards * speed) / total));
  for (let left = shards - counts.reduce((sum, count) => sum + count, 0); left > 0; left--) {
    let best = 0;
    for (let rank = 1; rank < speeds.length; rank++) {
      const ms = (counts[rank]! + 1) / speeds[rank]!;
      if (ms < (counts[best]! + 1) / speeds[best]!) best = rank;
    }
    counts[best]!++;
  }
  return counts;
}

/** Goes through the ranks: the best deal of the first shards to the first ranks, for each number of shards. */
function fewestBlocks(shards: number, speeds: readonly number[], caps: readonly number[]): Range[] {
  const width = shards + 1;
  let blocks = new Float64Array(width).fill(Infinity);
  let slowest = new Float64Array(width).fill(Infinity);
  blocks[0] = 0;
  slowest[0] = 0;
  const chosen: Int32Array[] = [];
  for (const [rank, speed] of speeds.entries()) {
    const nextBlocks = new Float64Array(width).fill(Infinity);
    const nextSlowest = new Float64Array(width).fill(Infinity);
    const from = new Int32Array(width).fill(-1);
    for (let first = 0; first < width; first++) {
      if (blocks[first] === Infinity) continue;
      for (let end = first; end <= Math.min(shards, first + caps[rank]!); end++) {
        const count = blocks[first]! + blockCount(first, end);
        const ms = Math.max(slowest[first]!, (end - first) / speed);
        if (count > nextBlocks[end]!) continue;
        if (count === nextBlocks[end] && ms >= nextSlowest[end]!) continue;
        nextBlocks[end] = count;
        nextSlowest[end] = ms;
        from[end] = first;
      }
    }
    blocks = nextBlocks;
    slowest = nextSlowest;
    chosen.push(from);
  }
  const ranges: Range[] = [];
  for (let rank = speeds.length - 1, end = shards; rank >= 0; rank--) {
    const first = chosen[rank]![end]!;
    ranges.unshift({ first, end });
    end = first;
  }
  return ranges;
}
