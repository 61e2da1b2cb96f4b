// One compute thread: a single task for the whole run. It waits for a command in shared memory, carries it out
// in lockstep with the other threads, reports, and waits again. Only reports and death are messages.
import type { MessagePort } from 'node:worker_threads';
import { partition, type Range, sumTree, type TreeSum } from '@lockstep/collective';
import type { Dataset } from '@lockstep/core';
import {
  accumulateLoss,
  batchLength,
  evaluationChunks,
  planRun,
  Replica,
  type RunConfig,
  type RunPlan,
} from '@lockstep/core/engine';
import { Control } from './control.js';
import { type Fault, injectFault } from './fault.js';

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
}

/** What a thread reports when it has done with command number `number`, or given it up after an abort. */
export interface ThreadReport {
  readonly number: number;
}

/** The task that Piscina runs. */
export default function runThread(task: ThreadTask): void {
  new ComputeThread(task).run();
}

class ComputeThread {
  readonly #task: ThreadTask;
  readonly #plan: RunPlan;
  readonly #control: Control;
  readonly #barrier: ReturnType<Control['barrier']>;
  readonly #replica: Replica;
  readonly #reduction: TreeSum;
  readonly #tiles: Range;

  constructor(task: ThreadTask) {
    this.#task = task;
    this.#plan = planRun(task.config, task.train, task.test, task.ranges);
    this.#control = new Control(task.memory, this.#plan.memory.control);
    this.#barrier = this.#control.barrier(task.ranges.length, task.spins);
    this.#replica = new Replica(this.#plan, task.memory, task.thread, task.train);
    this.#reduction = reductionOf(this.#plan);
    this.#tiles = partition(this.#plan.tiles, task.ranges.length)[task.thread]!;
  }

  run(): void {
    let { seen } = this.#task;
    for (;;) {
      const { number, command } = this.#control.awaitCommand(seen);
      seen = number;
      if (command === 'exit') return;
      if (command === 'train') this.#train();
      else this.#evaluate(command === 'evaluate-train' ? this.#task.train : this.#task.test!);
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
    this.#replica.computeShards(
      step,
      { epoch, first: index * batches.batchSize, samples },
      this.#task.order,
    );
    if (!this.#barrier.wait()) return false;
    injectFault(fault, step, 'reduce');
    if (!this.#reduceAndUpdate(step, samples)) return false;
    injectFault(fault, step, 'commit');
    return this.#barrier.wait(() => {
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
      const { loss } = this.#replica.reduceSums(reduction);
      finite = Number.isFinite(loss);
      accumulateLoss(this.#plan, this.#task.memory, step, loss);
      this.#control.setLastSums(loss, samples);
    }
    finite = this.#replica.reduceTiles(first, end, reduction, samples) && finite;
    // The norm of the whole gradient must be known before any tile is clipped by it.
    const clips = this.#plan.config.optimizer.clipNorm !== undefined;
    if (clips && !this.#barrier.wait()) return false;
    finite = this.#replica.updateTiles(first, end, reduction, step, samples) && finite;
    if (!finite) this.#control.reportNonFinite();
    return true;
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
