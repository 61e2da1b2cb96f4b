// Aligned blocks of shards: what a party that holds a range of shards hands over, and how parts of a range are
// joined into as few of them as the reduction tree allows.
import type { Range } from './partition.js';
import type { HeldBlock } from './tree.js';

/** Shards [first, first + size); first is a multiple of size, a power of two. */
export interface Block {
  readonly first: number;
  readonly size: number;
}

/** The fewest aligned blocks that make up a range, in order; none for an empty one. */
export function alignedBlocks({ first, end }: Range): Block[] {
  const blocks: Block[] = [];
  for (let at = first; at < end; ) {
    // The largest power of two that divides `at`, which 0 has none of.
    let size = at === 0 ? 2 ** 30 : at & -at;
    while (at + size > end) size /= 2;
    blocks.push({ first: at, size });
    at += size;
  }
  return blocks;
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

/** Additions that leave the fewest aligned blocks, and those. */
export interface JoinedBlocks {
  /** In order; each adds what is at `from` to what is at `into`. */
  readonly adds: readonly { readonly into: number; readonly from: number }[];
  readonly blocks: readonly HeldBlock[];
}

/**
 * Adds neighbouring blocks up as far as the tree goes: left + right, always.
 *
 * @param blocks aligned, of one contiguous range, in order
 */
export function joinBlocks(blocks: readonly HeldBlock[]): JoinedBlocks {
  const adds: { into: number; from: number }[] = [];
  const joined: HeldBlock[] = [];
  for (const block of blocks) {
    joined.push(block);
    for (;;) {
      const right = joined.at(-1)!;
      const left = joined.at(-2);
      if (!left || left.size !== right.size || left.first % (2 * left.size) !== 0) break;
      adds.push({ into: left.address, from: right.address });
      joined.splice(-2, 2, { first: left.first, size: 2 * left.size, address: left.address });
    }
  }
  return { adds, blocks: joined };
}
