// What an engine is made of, what it is dealt, and what is seen of it.
import type { Topology } from '@lockstep/collective';
import type { Parameters } from '@lockstep/core';
import type { Range } from '@lockstep/tree';
import type { LostThread } from './recovery.js';
import type { ComputeSetting, MakeCompute } from './shard-compute.js';

/** What an engine is made of. */
export interface EngineOptions extends Omit<ComputeSetting, 'order'> {
  /** Compute threads; at most one a shard is started, and those without a shard wait. */
  readonly threads: number;
  readonly compute: MakeCompute;
  /** Whether all shards are its own from the start, so that only so much memory is made. Default: `assign` deals them. */
  readonly isAlone?: boolean | undefined;
  /** Told of threads that died while it trained or evaluated by itself, and are replaced. */
  readonly onLost?: ((lost: LostThread) => void) | undefined;
}

/** What a generation says of one rank. */
export interface Assignment {
  readonly rank: number;
  /** Each rank's shards, contiguous and in order. */
  readonly ranges: readonly Range[];
  readonly topology: Topology;
  /** Whether it takes steps with sums that it is given, by `replay`. */
  readonly replays?: boolean;
}

/** So many of a rank's blocks are there, in order. What it returns is waited for by InlineCompute. */
export type OnBlocks = (blocks: number) => unknown;

/** What is seen of a run between two steps. */
export interface Seen {
  readonly step: number;
  /** Parameters and buffers, by name. */
  readonly values: Parameters;
  /** The mean gradient of the step before; undefined before the first, and where nobody here has it. */
  readonly gradients: Parameters | undefined;
  /** For which steps waited. */
  readonly pausedMs: number;
}
