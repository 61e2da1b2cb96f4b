// The shards that are an engine's own: dealt to its threads, planned for in its memory, and the blocks that they come to.
import { LockstepError } from '@lockstep/core';
import { alignUp, heldBlocks, planRun, type RunPlan } from '@lockstep/core/internal';
import { blockCount, type HeldBlock, joinBlocks, type Range, rangeLength } from '@lockstep/tree';
import { EngineMemory } from './engine-memory.js';
import type { OnBlocks } from './engine-options.js';
import type { ComputePlace, ComputeSetting } from './shard-compute.js';
import { dealTo, plansFor, type ThreadDeal, threadNumbers } from './thread-deals.js';

export class OwnShards {
  readonly memory: EngineMemory;
  readonly #threads: number;
  #range: Range;
  readonly #adapts: boolean;
  #deals: readonly ThreadDeal[];
  /** Of each deal. */
  #plans: readonly [RunPlan, ...RunPlan[]];
  #blocks: readonly (readonly HeldBlock[])[];

  /** @param slack see EngineMemory */
  constructor(setting: ComputeSetting, threads: number, range: Range, slack: number) {
    const { config, backend, datasets } = setting;
    this.#threads = threads;
    this.#adapts = setting.choosing !== undefined;
    this.#range = range;
    this.#deals = this.#deal([range]);
    this.#plans = plansFor(planRun(config, datasets, ...this.#deals[0]!.buckets), this.#deals);
    const [plan] = this.#plans;
    this.memory = new EngineMemory(plan, backend, slack);
    this.#blocks = blocksOf(plan, range);
  }

  /** They, and the memory, for what computes them. */
  get place(): ComputePlace {
    const { plan, memory, control } = this.memory;
    return { plan, deals: this.#deals, memory, control };
  }

  get range(): Range {
    return this.#range;
  }

  /** By which those compute that the last command was given to: where fewer do, blocks lie elsewhere. */
  get planAtHand(): RunPlan {
    const at = this.#deals.findIndex(({ threads }) => threads === this.memory.control.computing);
    return this.#plans[Math.max(at, 0)]!;
  }

  /** What is handed over of each step, in order. */
  get blocks(): readonly HeldBlock[] {
    return this.#blocks.flat();
  }

  /** What tells how many of the blocks are there when a bucket is computed. */
  toldBy(onBlocks: OnBlocks | undefined): (bucket: number) => unknown {
    return (bucket) => onBlocks?.(this.#blocks.slice(0, bucket + 1).flat().length);
  }

  /**
   * Takes others, and plans for them. The state stays.
   *
   * @param buckets of contiguous shards, in order
   * @returns the address behind the plan, where `more` bytes are free
   */
  take(buckets: readonly Range[], more: number): number {
    this.#range = { first: buckets[0]!.first, end: buckets.at(-1)!.end };
    this.#deals = this.#deal(buckets);
    this.#plans = plansFor(this.memory.plan, this.#deals);
    const [plan] = this.#plans;
    const address = alignUp(plan.memory.bytes);
    this.memory.use(plan, address + more);
    this.#blocks = blocksOf(plan, this.#range);
    return address;
  }

  /** To all threads first, and to fewer where they need not all compute. */
  #deal(buckets: readonly Range[]): ThreadDeal[] {
    const shards = rangeLength(this.#range);
    const numbers = this.#adapts ? threadNumbers(this.#threads, shards) : [this.#threads];
    return numbers.map((threads) => dealTo(threads, this.#threads, buckets));
  }
}

/** Of each bucket. */
function blocksOf(plan: RunPlan, range: Range): HeldBlock[][] {
  const blocks = plan.schedules[0]!.buckets.map((_, bucket) => [
    ...joinBlocks(heldBlocks(plan, bucket)).blocks,
  ]);
  const got = blocks.flat().length;
  const expected = blockCount(range.first, range.end);
  if (got !== expected) {
    throw new LockstepError('internal', `engine: ${got} blocks for ${expected} of the range`);
  }
  return blocks;
}
