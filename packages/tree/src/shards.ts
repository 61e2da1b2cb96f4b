// How a batch is cut: pure arithmetic, the same on every thread and machine. A batch of B samples is cut into S
// contiguous shards that differ by at most one sample; S is a power of two and part of what a run is.
import { ConfigError, describeValue } from '@lockstep/errors';
import { cutAt } from './range.js';

export const MAX_SHARDS = 1024;
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
  return cutAt(count, shards, shard);
}

/** The most samples that a shard can have. */
export function maxShardRows(batchSize: number, shards: number): number {
  return Math.ceil(batchSize / shards);
}
