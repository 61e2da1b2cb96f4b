// In which order a thread computes its shards and pre-adds them, in as few partials as that takes. A partial is the sum
// over an aligned block of shards; here they are numbered from 0, and where each lies is the memory map's business.
import { alignedBlocks, appendBlock, type Block } from './blocks.js';
import type { Range } from './range.js';

/** One move in computing a range of shards: an aligned block of them at once, or the sum of two blocks. */
type BlockMove =
  | ({ readonly kind: 'compute'; readonly partial: number } & Block)
  | { readonly kind: 'add'; readonly into: number; readonly from: number };

interface ScheduledBlock extends Block {
  readonly partial: number;
}

export interface BlockSchedule {
  readonly moves: readonly BlockMove[];
  /**
   * What is left: the maximal aligned blocks of the range, of at most half the batch, in order, and the
   * partials that hold them.
   */
  readonly blocks: readonly ScheduledBlock[];
  /** Partials needed at once: at most one per block, plus one per level of the tree. */
  readonly partials: number;
}

/**
 * The order in which shards [first, end) of `shards` are computed and pre-added: blocks of them in turn, and two
 * neighbouring blocks as soon as both are there and together form an aligned one (left + right, always). The
 * two halves of a whole batch are left apart, because the optimizer can add them while it reads them.
 *
 * @param most shards that are computed at once, a power of two
 */
export function scheduleBlocks({ first, end }: Range, shards: number, most = 1): BlockSchedule {
  const moves: BlockMove[] = [];
  const blocks: ScheduledBlock[] = [];
  const free: number[] = [];
  let partials = 0;
  const half = Math.max(1, shards / 2);
  for (const computed of alignedBlocks({ first, end }, Math.min(most, half))) {
    const block = { ...computed, partial: free.pop() ?? partials++ };
    moves.push({ kind: 'compute', ...block });
    appendBlock(blocks, block, half, (left, right, sum) => {
      moves.push({ kind: 'add', into: left.partial, from: right.partial });
      free.push(right.partial);
      return { ...sum, partial: left.partial };
    });
  }
  return { moves, blocks, partials };
}

/** Buckets of shards, which one thread computes one after the other, each to blocks of its own. */
export interface BucketSchedule extends BlockSchedule {
  /** For each bucket: how many of the moves and of the blocks there are up to its end. */
  readonly buckets: readonly { readonly moves: number; readonly blocks: number }[];
}

/** The same for several ranges, a bucket each. */
export function scheduleBuckets(
  ranges: readonly Range[],
  shards: number,
  most = 1,
): BucketSchedule {
  const moves: BlockMove[] = [];
  const blocks: ScheduledBlock[] = [];
  const buckets: BucketSchedule['buckets'][number][] = [];
  let partials = 0;
  for (const range of ranges) {
    const base = partials;
    const own = scheduleBlocks(range, shards, most);
    for (const move of own.moves) {
      if (move.kind === 'compute') moves.push({ ...move, partial: base + move.partial });
      else moves.push({ kind: 'add', into: base + move.into, from: base + move.from });
    }
    blocks.push(...own.blocks.map((block) => ({ ...block, partial: base + block.partial })));
    buckets.push({ moves: moves.length, blocks: blocks.length });
    partials += own.partials;
  }
  return { moves, blocks, partials, buckets };
}
