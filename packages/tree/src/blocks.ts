// Aligned blocks of shards, the inner nodes of the reduction tree: what a party that holds a range of shards hands over,
// and when two of them are added up. Additions are always left + right, wherever they are done.
import type { Range } from './range.js';

/** Shards [first, first + size); first is a multiple of size, a power of two. */
export interface Block {
  readonly first: number;
  readonly size: number;
}

/** More shards than there are. */
const NO_LIMIT = 2 ** 30;

/** Size of the largest aligned block, of `most` shards or fewer, that begins at `first` and does not go beyond `end`. */
function largestAt(first: number, end: number, most = NO_LIMIT): number {
  // The largest power of two that divides `first`, which 0 has none of.
  let size = first === 0 ? most : Math.min(most, first & -first);
  while (first + size > end) size /= 2;
  return size;
}

/**
 * The fewest aligned blocks that make up a range, in order; none for an empty one.
 *
 * @param most shards of a block, a power of two
 */
export function alignedBlocks({ first, end }: Range, most = NO_LIMIT): Block[] {
  const blocks: Block[] = [];
  for (let at = first; at < end; at += blocks.at(-1)!.size) {
    blocks.push({ first: at, size: largestAt(at, end, most) });
  }
  return blocks;
}

/** How many those are. */
export function blockCount(first: number, end: number): number {
  let count = 0;
  for (let at = first; at < end; count++) at += largestAt(at, end);
  return count;
}

/**
 * Cuts a range into buckets: runs of its aligned blocks with at least so many shards each, if it has so many.
 *
 * @returns in order; one for a range that is not cut, an empty one too
 */
export function bucketsOf(range: Range, least: number): Range[] {
  const buckets: Range[] = [];
  let first = range.first;
  for (const block of alignedBlocks(range)) {
    const end = block.first + block.size;
    if (end - first < least || range.end - end < least) continue;
    buckets.push({ first, end });
    first = end;
  }
  return [...buckets, { first, end: range.end }];
}

/**
 * Appends a block, and adds the last two up as long as they are the halves of an aligned one.
 *
 * @param blocks aligned, of one contiguous range, in order, joined as far as they can be
 * @param most size of the largest block that comes of it
 * @param add left + right: gives where the sum is
 */
export function appendBlock<Held extends Block>(
  blocks: Held[],
  block: Held,
  most: number,
  add: (left: Held, right: Held, sum: Block) => Held,
): void {
  blocks.push(block);
  for (;;) {
    const right = blocks.at(-1)!;
    const left = blocks.at(-2);
    if (!left || left.size !== right.size || left.first % (2 * left.size) !== 0) return;
    if (2 * left.size > most) return;
    blocks.splice(-2, 2, add(left, right, { first: left.first, size: 2 * left.size }));
  }
}
