// What computes a worker's shards: threads, or the calling thread itself. One contract, one test suite for both.
// It knows nothing of other workers; between two parts of a step somebody hands it the batch's whole sum.
import { setImmediate } from 'node:timers/promises';
import { LockstepError } from '@lockstep/core';
import {
  type Datasets,
  heldBlocks,
  planRun,
  Replica,
  type RunConfig,
  type RunPlan,
  redeal,
  Stepper,
  stepAlone,
} from '@lockstep/core/internal';
import type { Backend } from '@lockstep/kernels';
import { type Addition, joinBlocks, type Range } from '@lockstep/tree';
import type { Control } from './control.js';
import { threadBackend } from './thread-backend.js';
import { type LostThread, ThreadGroup } from './thread-group.js';

/** What all computing of a run has in common. */
export interface ComputeSetting {
  readonly config: RunConfig;
  readonly backend: Backend;
  readonly datasets: Datasets;
  /** The epoch's order, filled by the owner before an epoch's first part; undefined without shuffling. */
  readonly order: Uint32Array | undefined;
}

/** Shards of each thread, bucket by bucket, and the memory that the plan for them is laid out in. */
export interface ComputePlace {
  readonly buckets: readonly (readonly Range[])[];
  readonly memory: WebAssembly.Memory;
  readonly control: Control;
}

export interface Part {
  /** Byte address of the batch's whole sum, with which to finish the step first. */
  readonly sumAddress?: number;
  /** Whether to compute the shards of the step then. */
  readonly computes: boolean;
  /** Called when a bucket that is not the last is there. What it returns is waited for by InlineCompute. */
  readonly onBucket?: (bucket: number) => unknown;
}

/** One call at a time. */
export interface ShardCompute {
  readonly threads: number;
  assign(place: ComputePlace): Promise<void>;
  /** @throws LockstepError (code `thread-lost`) if a thread dies; the state of the committed step is whole */
  part(part: Part): Promise<void>;
  /** Evaluates chunks [first, end) of the plan's; leaves their sums in the memory. */
  evaluate(firstChunk: number, endChunk: number): Promise<void>;
  close(): Promise<void>;
}

export type MakeCompute = (setting: ComputeSetting, place: ComputePlace) => ShardCompute;

/** Chunks that are evaluated before others on the calling thread have their turn: some 20 ms of a small network. */
const CHUNKS_AT_ONCE = 64;

/** On the calling thread, which is busy as long as a part of a step takes. */
export class InlineCompute implements ShardCompute {
  readonly threads = 1;
  readonly #setting: ComputeSetting;
  #place!: ComputePlace;
  #plan: RunPlan;
  #replica!: Replica;
  #stepper!: Stepper;
  /** What is left to add when the shards of a bucket are computed. */
  #adds!: readonly (readonly Addition[])[];

  constructor(setting: ComputeSetting, place: ComputePlace) {
    this.#setting = setting;
    this.#plan = planRun(setting.config, setting.datasets, ...place.buckets);
    this.#take(place);
  }

  async assign(place: ComputePlace): Promise<void> {
    this.#take(place);
  }

  async part({ sumAddress, computes, onBucket }: Part): Promise<void> {
    const { control } = this.#place;
    control.forgetNonFinite();
    if (sumAddress !== undefined) {
      this.#stepper.finish(control.committedStep, { adds: [], root: sumAddress });
    }
    if (computes && !control.isNonFinite) await this.#compute(control.committedStep, onBucket);
  }

  async evaluate(firstChunk: number, endChunk: number): Promise<void> {
    for (let chunk = firstChunk; chunk < endChunk; chunk++) {
      this.#replica.chunks.evaluate(chunk, this.#place.control.committedStep);
      if ((chunk - firstChunk + 1) % CHUNKS_AT_ONCE === 0) await setImmediate();
    }
  }

  async close(): Promise<void> {}

  #take(place: ComputePlace): void {
    const { backend, datasets, order } = this.#setting;
    this.#place = place;
    const plan = redeal(this.#plan, ...place.buckets);
    this.#plan = plan;
    this.#replica = new Replica(plan, place.memory, 0, datasets, backend.kernels(place.memory));
    const share = { ...stepAlone(plan, order), board: place.control };
    this.#stepper = new Stepper(plan, this.#replica, share);
    this.#adds = place.buckets.map((_, bucket) => joinBlocks(heldBlocks(plan, bucket)).adds);
  }

  async #compute(step: number, onBucket: Part['onBucket']): Promise<void> {
    const last = this.#adds.length - 1;
    for (const [bucket, adds] of this.#adds.entries()) {
      this.#stepper.compute(step, bucket, adds);
      if (bucket < last) await onBucket?.(bucket);
    }
  }
}

/** On compute threads; the calling thread is free meanwhile. */
export class ThreadedCompute implements ShardCompute {
  readonly threads: number;
  readonly #group: ThreadGroup;

  constructor(setting: ComputeSetting, { buckets, memory, control }: ComputePlace) {
    this.threads = buckets[0]!.length;
    const backend = threadBackend(setting.backend);
    const profiles = false;
    this.#group = new ThreadGroup({ ...setting, backend, buckets, memory, control, profiles });
  }

  async assign({ buckets, memory, control }: ComputePlace): Promise<void> {
    check(await this.#group.assign(buckets, memory, control));
  }

  async part({ sumAddress, computes, onBucket }: Part): Promise<void> {
    const sum = sumAddress === undefined ? {} : { sumAddress };
    check(await this.#group.command('part', { ...sum, computes }, onBucket));
  }

  async evaluate(firstChunk: number, endChunk: number): Promise<void> {
    check(await this.#group.command('evaluate', { firstChunk, endChunk }));
  }

  async close(): Promise<void> {
    await this.#group.stop();
  }
}

function check(lost: readonly LostThread[]): void {
  const [first] = lost;
  if (!first) return;
  const { thread, reason, started, cause } = first;
  throw new LockstepError(
    'thread-lost',
    started
      ? `worker: thread ${thread} died: ${reason}`
      : `worker: compute threads cannot be started: ${reason}`,
    { cause },
  );
}
