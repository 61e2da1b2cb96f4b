// One compute thread: a single task for the whole run. It waits for a command in shared memory, carries it out
// in lockstep with the other threads, reports, and waits again. Only reports and death are messages.
import type { MessagePort } from 'node:worker_threads';
import { partition, type Range, sumTree, type TreeSum } from '@lockstep/collective';
import type { Dataset } from '@lockstep/core';
import {
  batchLength,
  evaluationChunks,
  planRun,
  Replica,
  type RunConfig,
  type RunPlan,
} from '@lockstep/core/engine';
import { instantiateKernels } from '@lockstep/kernels';
import { Control } from './control.js';
import { type Fault, injectFault } from './fault.js';
import { type Phase, Recorder, type ThreadProfile } from './profile.js';

export interface ThreadTask {
  readonly config: RunConfig;
  readonly train: Dataset;
  readonly test: Dataset | undefined;
  /** Each thread's shards. */
  readonly ranges: readonly Range[];
  readonly thread: number;
  readonly memory: WebAssembly.Memory;
  /** The epoch's order, filled by the main thread before an epoch begins; undefined without shuffling. */
  readonly order: Uint32Array | undefined;
  /** The number of the last command that is not for this thread. */
  readonly seen: number;
  readonly spins: number | undefined;
  readonly port: MessagePort;
  readonly fault: Fault | undefined;
  /** Whether to time what it does. */
  readonly profiles: boolean;
}

/** What a thread reports when it has done with command number `number`, or given it up after an abort. */
export interface ThreadReport {
  readonly number: number;
}

/** The task that Piscina runs. @returns what it timed, if it was asked to */
export default function runThread(task: ThreadTask): ThreadProfile | undefined {
  return new ComputeThread(task).run();
}

class ComputeThread {
  readonly #task: ThreadTask;
  readonly #plan: RunPlan;
  readonly #control: Control;
  readonly #barrier: ReturnType<Control['barrier']>;
  readonly #replica: Replica;
  readonly #reduction: TreeSum;
  readonly #tiles: Range;
  readonly #recorder: Recorder | undefined;

  constructor(task: ThreadTask) {
    this.#task = task;
    this.#plan = planRun(task.config, task.train, task.test, task.ranges);
    this.#control = new Control(task.memory, this.#plan.memory.control);
    this.#barrier = this.#control.barrier(task.ranges.length, task.spins);
    const kernels = instantiateKernels(task.memory);
    this.#recorder = task.profiles ? new Recorder() : undefined;
    this.#replica = new Replica(
      this.#plan,
      task.memory,
      task.thread,
      task.train,
      this.#recorder?.wrap(kernels) ?? kernels,
    );
    this.#reduction = reductionOf(this.#plan);
    this.#tiles = partition(this.#plan.tiles, task.ranges.length)[task.thread]!;
  }

  run(): ThreadProfile | undefined {
    let { seen } = this.#task;
    for (;;) {
      const { number, command } = this.#control.awaitCommand(seen);
      seen = number;
      if (command === 'exit') return this.#recorder?.profile(this.#task.thread);
      if (command === 'train') this.#train();
      else {
        const data = command === 'evaluate-train' ? this.#task.train : this.#task.test!;
        this.#phase('evaluate', () => this.#evaluate(data));
      }
      this.#task.port.postMessage({ number } satisfies ThreadReport);
    }
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
    const { fault } = this.#task;
    const { batches, stepsPerEpoch } = this.#plan;
    const index = step % stepsPerEpoch;
    const samples = batchLength(batches, index);
    const epoch = (step - index) / stepsPerEpoch;
    injectFault(fault, step, 'compute');
    const batch = { epoch, first: index * batches.batchSize, samples };
    this.#phase('shards', () => this.#replica.computeShards(step, batch, this.#task.order));
    if (!this.#wait()) return false;
    injectFault(fault, step, 'reduce');
    if (!this.#reduceAndUpdate(step, samples)) return false;
    injectFault(fault, step, 'commit');
    return this.#wait(() => {
      if (this.#control.isNonFinite) return;
      this.#control.commit(step + 1);
      this.#control.heedStop(step + 1);
    });
  }

  #reduceAndUpdate(step: number, samples: number): boolean {
    const { first, end } = this.#tiles;
    const reduction = this.#reduction;
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
    const chunks = evaluationChunks(dataset.samples);
    const step = this.#control.committedStep;
    for (let chunk = this.#control.takeChunk(); chunk < chunks; chunk = this.#control.takeChunk()) {
      injectFault(this.#task.fault, step, 'evaluate');
      this.#replica.evaluateChunk(dataset, chunk, step);
    }
  }
}

/** The additions that finish a batch's tree from every thread's blocks. */
export function reductionOf(plan: RunPlan): TreeSum {
  const blocks = plan.schedules.flatMap(({ blocks }, thread) =>
    blocks.map(({ first, size, buffer }) => ({
      first,
      size,
      address: plan.memory.threads[thread]!.partials[buffer]!,
    })),
  );
  return sumTree(plan.config.shards, blocks);
}
