// How a batch is cut: pure arithmetic, the same on every thread and machine.
// A batch of B samples is cut into S contiguous shards that differ by at most one sample; S is a power of
// two. Shard sums are added along a fixed binary tree over the shard's number, so whoever holds shards
// [first, end) pre-adds the maximal aligned power-of-two blocks in that range.
import { describeValue } from '@lockstep/errors';
import { ConfigError } from './errors.js';

export const MAX_SHARDS = 1024;
/** As many samples as a dataset can have; more would be no other batch. */
export const MAX_BATCH = 2 ** 32 - 1;
const DEFAULT_MAX_SHARDS = 64;
const DEFAULT_MIN_ROWS = 16;

/** The largest power of two that leaves at least 16 samples a shard, from 1 to 64. */
export function defaultShards(batchSize: number): number {
  let shards = 1;
  while (shards < DEFAULT_MAX_SHARDS && batchSize / (shards * 2) >= DEFAULT_MIN_ROWS) shards *= 2;
  return shards;
}

/** @throws ConfigError unless `shards` is a power of two from 1 to MAX_SHARDS */
export function checkShards(shards: number, operation = 'run'): void {
  if (
    !Number.isInteger(shards) ||
    shards < 1 ||
    shards > MAX_SHARDS ||
    (shards & (shards - 1)) !== 0
  ) {
    throw new ConfigError(
      `${operation}: shards ${describeValue(shards)} is not a power of two from 1 to ${MAX_SHARDS}`,
    );
  }
}

/** First sample of shard `shard` in a batch of `count` samples; shard `shards` starts at the end. */
export function shardStart(count: number, shards: number, shard: number): number {
  return Math.floor((shard * count) / shards);
}

/** The most samples that a shard can have. */
export function maxShardRows(batchSize: number, shards: number): number {
  return Math.ceil(batchSize / shards);
}

/** The sum over shards [first, first + size), of which first is a multiple of size. */
export interface Block {
  readonly first: number;
  readonly size: number;
}

/** One move in computing a range of shards; buffers are numbered from 0. */
export type BlockMove =
  | { readonly kind: 'compute'; readonly shard: number; readonly buffer: number }
  | { readonly kind: 'add'; readonly into: number; readonly from: number };

export interface BlockSchedule {
  readonly moves: readonly BlockMove[];
  /**
   * What is left: the maximal aligned blocks of the range, of at most half the batch, in order, and the
   * buffers that hold them.
   */
  readonly blocks: readonly (Block & { readonly buffer: number })[];
  /** Buffers needed at once: at most one per block, plus one per level of the tree. */
  readonly buffers: number;
}

/**
 * The order in which shards [first, end) of `shards` are computed and pre-added: each in turn, and two
 * neighbouring blocks as soon as both are there and together form an aligned one (left + right, always). The
 * two halves of a whole batch are left apart, because the optimizer can add them while it reads them.
 */
export function scheduleBlocks(first: number, end: number, shards: number): BlockSchedule {
  const moves: BlockMove[] = [];
  const stack: (Block & { buffer: number })[] = [];
  const free: number[] = [];
  let buffers = 0;
  for (let shard = first; shard < end; shard++) {
    const buffer = free.pop() ?? buffers++;
    moves.push({ kind: 'compute', shard, buffer });
    stack.push({ first: shard, size: 1, buffer });
    for (;;) {
      const right = stack.at(-1)!;
      const left = stack.at(-2);
      if (!left || left.size !== right.size || left.first % (2 * left.size) !== 0) break;
      if (2 * left.size === shards) break;
      moves.push({ kind: 'add', into: left.buffer, from: right.buffer });
      free.push(right.buffer);
      stack.splice(-2, 2, { first: left.first, size: 2 * left.size, buffer: left.buffer });
    }
  }
  return { moves, blocks: stack, buffers };
}

/** Buckets of shards, which one thread computes one after the other, each to blocks of its own. */
export interface BucketSchedule extends BlockSchedule {
  /** For each bucket: how many of the moves and of the blocks there are up to its end. */
  readonly buckets: readonly { readonly moves: number; readonly blocks: number }[];
}

/** The same for several ranges, a bucket each. */
export function scheduleBuckets(
  ranges: readonly { readonly first: number; readonly end: number }[],
  shards: number,
): BucketSchedule {
  const moves: BlockMove[] = [];
  const blocks: BlockSchedule['blocks'][number][] = [];
  const buckets: BucketSchedule['buckets'][number][] = [];
  let buffers = 0;
  for (const { first, end } of ranges) {
    const base = buffers;
    const own = scheduleBlocks(first, end, shards);
    for (const move of own.moves) {
      if (move.kind === 'compute') moves.push({ ...move, buffer: base + move.buffer });
      else moves.push({ kind: 'add', into: base + move.into, from: base + move.from });
    }
    blocks.push(...own.blocks.map((block) => ({ ...block, buffer: base + block.buffer })));
    buckets.push({ moves: moves.length, blocks: blocks.length });
    buffers += own.buffers;
  }
  return { moves, blocks, buffers, buckets };
}

/** Batches of an epoch: the last one may be short. */
export interface BatchPlan {
  readonly samples: number;
  readonly batchSize: number;
  readonly dropLast: boolean;
}

/** Steps of an epoch. */
export function stepsPerEpoch({ samples, batchSize, dropLast }: BatchPlan): number {
  return dropLast ? Math.floor(samples / batchSize) : Math.ceil(samples / batchSize);
}

/** Samples in the batch of step `index` of an epoch. */
export function batchLength({ samples, batchSize }: BatchPlan, index: number): number {
  return Math.min(batchSize, samples - index * batchSize);
}

/** Samples that a run has seen when it has taken `step` steps. */
export function samplesSeen(plan: BatchPlan, step: number): number {
  const perEpoch = stepsPerEpoch(plan);
  const epochSamples = Math.min(plan.samples, perEpoch * plan.batchSize);
  return Math.floor(step / perEpoch) * epochSamples + (step % perEpoch) * plan.batchSize;
}
