export {
  type Batch,
  type BatchPlan,
  batchLength,
  batchOf,
  MAX_BATCH,
  samplesSeen,
  stepsPerEpoch,
} from './batches.js';
export { alignedBlocks, type Block, blockCount, bucketsOf } from './blocks.js';
export { partition, type Range, rangeLength, rangesOf } from './range.js';
export {
  type BlockSchedule,
  type BucketSchedule,
  scheduleBlocks,
  scheduleBuckets,
} from './schedule.js';
export { checkShards, defaultShards, MAX_SHARDS, maxShardRows, shardStart } from './shards.js';
export {
  type Addition,
  type HeldBlock,
  type JoinedBlocks,
  joinBlocks,
  sumTree,
  type TreeSum,
} from './sum-tree.js';
