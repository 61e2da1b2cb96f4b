// One compute thread: a single task for the whole run. It waits for a command in shared memory, carries it out
// in lockstep with the other threads, reports, and waits again. Only reports and death are messages.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Dataset } from '@lockstep/core';
import { planRun, Replica, type RunConfig, type RunPlan } from '@lockstep/core/internal';
import { instantiateKernels } from '@lockstep/kernels';
import {
  batchOf,
  type HeldBlock,
  type JoinedBlocks,
  joinBlocks,
  partition,
  type Range,
  sumTree,
  type TreeSum,
} from '@lockstep/tree';
import { Control } from './control.js';
import { type Fault, injectFault } from './fault.js';
import { type Phase, Recorder, type ThreadProfile } from './profile.js';

/** What threads compute over, and which shards each; `assign` brings another one. */
export interface ThreadAssignment {
  /** Each thread's shards, bucket by bucket. */
  readonly buckets: readonly (readonly Range[])[];
  readonly memory: WebAssembly.Memory;
  /** The number of the last command in that memory that is not for this thread. */
  readonly seen: number;
}

export interface ThreadTask extends ThreadAssignment {
  readonly config: RunConfig;
  readonly train: Dataset;
  readonly test: Dataset | undefined;
  readonly thread: number;
  /** The epoch's order, filled by the main thread before an epoch begins; undefined without shuffling. */
  readonly order: Uint32Array | undefined;
  readonly spins: number | undefined;
  readonly port: MessagePort;
  readonly fault: Fault | undefined;
  /** Whether to time what it does. */
  readonly profiles: boolean;
}

/** What a thread reports when it has done with command number `number`, or given it up after an abort. */
export interface ThreadReport {
  readonly number: number;
  /** It has done with this bucket only, and goes on. */
  readonly bucket?: number;
}

/** The task that Piscina runs. @returns what it timed, if it was asked to */
export default function runThread(task: ThreadTask): ThreadProfile | undefined {
  return new ComputeThread(task).run();
}

class ComputeThread {
  readonly #task: ThreadTask;
  readonly #recorder: Recorder | undefined;
  #plan!: RunPlan;
  #control!: Control;
  #barrier!: ReturnType<Control['barrier']>;
  #replica!: Replica;
  /** Of the threads' blocks: into the sum over the batch, if they hold all of it, and as far as they go. */
  #reduction: TreeSum | undefined;
  #joined!: readonly JoinedBlocks[];
  #tiles!: Range;

  constructor(task: ThreadTask) {
    this.#task = task;
    this.#recorder = task.profiles ? new Recorder() : undefined;
    this.#take(task);
  }

  run(): ThreadProfile | undefined {
    let { seen } = this.#task;
    // Says only that it has begun: this command was not for it.
    this.#task.port.postMessage({ number: seen } satisfies ThreadReport);
    for (;;) {
      const { number, command } = this.#control.awaitCommand(seen);
      seen = number;
      if (command === 'exit') return this.#recorder?.profile(this.#task.thread);
      if (command === 'train') this.#train();
      else if (command === 'part') this.#takePart(number);
      else if (command === 'assign') {
        // The message was sent before the command was given.
        const { message } = receiveMessageOnPort(this.#task.port) as { message: ThreadAssignment };
        this.#take(message);
        seen = message.seen;
      } else {
        const data = command === 'evaluate-train' ? this.#task.train : this.#task.test!;
        this.#phase('evaluate', () => this.#evaluate(data));
      }
      this.#task.port.postMessage({ number } satisfies ThreadReport);
    }
  }

  #take({ buckets, memory }: ThreadAssignment): void {
    const { config, train, test, thread, spins } = this.#task;
    this.#plan = planRun(config, train, test, ...buckets);
    this.#control = new Control(memory, this.#plan.memory.control);
    this.#barrier = this.#control.barrier(buckets[0]!.length, spins);
    const kernels = instantiateKernels(memory);
    const watched = this.#recorder?.wrap(kernels) ?? kernels;
    this.#replica = new Replica(this.#plan, memory, thread, train, watched);
    this.#joined = buckets.map((_, bucket) => joinBlocks(blocksOf(this.#plan, bucket)));
    const [ranges] = buckets as [readonly Range[]];
    const held = ranges.at(-1)!.end - ranges[0]!.first;
    this.#reduction =
      held === config.shards ? sumTree(config.shards, blocksOf(this.#plan, 0)) : undefined;
    this.#tiles = partition(this.#plan.tiles, ranges.length)[thread]!;
  }

  #train(): void {
    for (;;) {
      const step = this.#control.committedStep;
      if (step >= this.#control.targetStep) return;
      if (!this.#takeStep(step) || this.#control.isNonFinite) return;
    }
  }

  /** @returns false if the barrier was aborted: another thread died, or the run ends */
  #takeStep(step: number): boolean {
    this.#computeShards(step, 0);
    if (!this.#wait()) return false;
    injectFault(this.#task.fault, step, 'reduce');
    return this.#finishStep(step, this.#reduction!);
  }

  /** What lies between two exchanges with others: the step ends with their sum, and the next one begins. */
  #takePart(number: number): void {
    const { sumAddress, computes } = this.#control;
    if (sumAddress > 0) {
      const sum = { adds: [], root: sumAddress };
      const isDone = this.#finishStep(this.#control.committedStep, sum);
      if (!isDone || this.#control.isNonFinite) return;
    }
    if (!computes) return;
    const step = this.#control.committedStep;
    const last = this.#joined.length - 1;
    for (const [bucket, { adds }] of this.#joined.entries()) {
      this.#computeShards(step, bucket);
      if (adds.length > 0 && !this.#joinBlocks(step, adds)) return;
      if (bucket < last) this.#task.port.postMessage({ number, bucket } satisfies ThreadReport);
    }
  }

  /** @returns false if the barrier was aborted */
  #joinBlocks(step: number, adds: JoinedBlocks['adds']): boolean {
    if (!this.#wait()) return false;
    injectFault(this.#task.fault, step, 'reduce');
    const { first, end } = this.#tiles;
    this.#phase('reduce and update', () => {
      this.#replica.addTiles(first, end, adds);
      if (this.#task.thread === 0) this.#replica.addSums(adds);
    });
    return true;
  }

  #computeShards(step: number, bucket: number): void {
    injectFault(this.#task.fault, step, 'compute');
    const batch = batchOf(this.#plan.batches, step);
    this.#phase('shards', () => this.#replica.computeShards(step, batch, this.#task.order, bucket));
  }

  /** From the shards' sums to the next state, which is published. @returns false if the barrier was aborted */
  #finishStep(step: number, reduction: TreeSum): boolean {
    const { samples } = batchOf(this.#plan.batches, step);
    if (!this.#reduceAndUpdate(step, samples, reduction)) return false;
    injectFault(this.#task.fault, step, 'commit');
    return this.#wait(() => {
      if (this.#control.isNonFinite) return;
      this.#control.commit(step + 1);
      this.#control.heedStop(step + 1);
    });
  }

  #reduceAndUpdate(step: number, samples: number, reduction: TreeSum): boolean {
    const { first, end } = this.#tiles;
    let finite = true;
    if (this.#task.thread === 0) {
      const { loss } = this.#phase('reduce and update', () => this.#replica.reduceSums(reduction));
      finite = Number.isFinite(loss);
      this.#replica.accumulateLoss(step, loss);
      this.#control.setLastSums(loss, samples);
    }
    const reduced = this.#phase('reduce and update', () =>
      this.#replica.reduceTiles(first, end, reduction, samples),
    );
    // The norm of the whole gradient must be known before any tile is clipped by it.
    const clips = this.#plan.config.optimizer.clipNorm !== undefined;
    if (clips && !this.#wait()) return false;
    const updated = this.#phase('reduce and update', () =>
      this.#replica.updateTiles(first, end, reduction, step, samples),
    );
    if (!finite || !reduced || !updated) this.#control.reportNonFinite();
    return true;
  }

  #wait(last?: () => void): boolean {
    return this.#phase('wait', () => this.#barrier.wait(last));
  }

  #phase<T>(phase: Phase, body: () => T): T {
    return this.#recorder ? this.#recorder.phase(phase, body) : body();
  }

  #evaluate(dataset: Dataset): void {
    const step = this.#control.committedStep;
    for (;;) {
      const chunk = this.#control.takeChunk();
      if (chunk === undefined) return;
      injectFault(this.#task.fault, step, 'evaluate');
      this.#replica.evaluateChunk(dataset, chunk, step);
    }
  }
}

/** The blocks that threads hold when every shard of a bucket is computed, in order. */
export function blocksOf(plan: RunPlan, bucket: number): HeldBlock[] {
  return plan.schedules.flatMap(({ blocks, buckets }, thread) =>
    blocks
      .slice(buckets[bucket - 1]?.blocks ?? 0, buckets[bucket]!.blocks)
      .map(({ first, size, partial }) => ({
        first,
        size,
        address: plan.memory.threads[thread]!.partials[partial]!,
      })),
  );
}
