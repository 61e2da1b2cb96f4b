// One compute thread: a single task for the whole run. It waits for a command in shared memory, carries it out
// in lockstep with the other threads, reports, and waits again. Only reports and death are messages.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import {
  type Datasets,
  planRun,
  Replica,
  type RunConfig,
  type RunPlan,
  redeal,
  Stepper,
  type StepWatch,
} from '@lockstep/core/internal';
import type { Backend } from '@lockstep/kernels';
import { partition, type Range } from '@lockstep/tree';
import { Control } from './control.js';
import { type Fault, injectFault } from './fault.js';
import { Recorder, type ThreadProfile } from './profile.js';
import { importBackend, type ThreadBackend } from './thread-backend.js';

/** What threads compute over, and which shards each; `assign` brings another one. */
export interface ThreadPlace {
  /** Each thread's shards, bucket by bucket. */
  readonly buckets: readonly (readonly Range[])[];
  readonly memory: WebAssembly.Memory;
  /** The number of the last command in that memory that is not for this thread. */
  readonly seen: number;
}

export interface ThreadTask extends ThreadPlace {
  readonly config: RunConfig;
  readonly datasets: Datasets;
  readonly thread: number;
  /** The epoch's order, filled by the main thread before an epoch begins; undefined without shuffling. */
  readonly order: Uint32Array | undefined;
  readonly spins: number | undefined;
  readonly backend: ThreadBackend;
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
export default async function runThread(task: ThreadTask): Promise<ThreadProfile | undefined> {
  return new ComputeThread(task, await importBackend(task.backend)).run();
}

class ComputeThread {
  readonly #task: ThreadTask;
  readonly #backend: Backend;
  readonly #recorder: Recorder | undefined;
  #plan: RunPlan;
  #control!: Control;
  #replica!: Replica;
  #stepper!: Stepper;

  constructor(task: ThreadTask, backend: Backend) {
    this.#task = task;
    this.#backend = backend;
    this.#recorder = task.profiles ? new Recorder() : undefined;
    this.#plan = planRun(task.config, task.datasets, ...task.buckets);
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
      else if (command === 'advance') this.#advance(number);
      else if (command === 'assign') {
        // The message was sent before the command was given.
        const { message } = receiveMessageOnPort(this.#task.port) as { message: ThreadPlace };
        this.#take(message);
        seen = message.seen;
      } else this.#evaluate();
      this.#task.port.postMessage({ number } satisfies ThreadReport);
    }
  }

  #take({ buckets, memory }: ThreadPlace): void {
    const { datasets, thread, spins, order } = this.#task;
    const [ranges] = buckets as [readonly Range[]];
    const plan = redeal(this.#plan, ...buckets);
    this.#plan = plan;
    this.#control = new Control(memory, plan.memory.control);
    const kernels = this.#backend.kernels(memory);
    const watched = this.#recorder?.wrap(kernels) ?? kernels;
    this.#replica = new Replica(plan, memory, thread, datasets, watched);
    this.#stepper = new Stepper(plan, this.#replica, {
      tiles: partition(plan.tiles, ranges.length)[thread]!,
      leads: thread === 0,
      barrier: this.#control.barrier(ranges.length, spins),
      board: this.#control,
      order,
      watch: watchOf(this.#task.fault, this.#recorder),
    });
  }

  #train(): void {
    for (;;) {
      const step = this.#control.committedStep;
      if (step >= this.#control.targetStep) return;
      // Another thread died, or the run ends; or the step is not finite.
      if (!this.#stepper.take(step) || this.#control.isNonFinite) return;
    }
  }

  /** What lies between two exchanges with others: the step ends with their sum, and the next one begins. */
  #advance(number: number): void {
    const { sumAddress, computes } = this.#control;
    if (sumAddress > 0) {
      const sum = { adds: [], root: sumAddress };
      const isDone = this.#stepper.finish(this.#control.committedStep, sum);
      if (!isDone || this.#control.isNonFinite) return;
    }
    if (!computes) return;
    const step = this.#control.committedStep;
    const { buckets } = this.#stepper;
    for (let bucket = 0; bucket < buckets; bucket++) {
      if (!this.#stepper.compute(step, bucket)) return;
      if (bucket < buckets - 1)
        this.#task.port.postMessage({ number, bucket } satisfies ThreadReport);
    }
  }

  #evaluate(): void {
    const step = this.#control.committedStep;
    this.#recorder?.begin();
    for (;;) {
      const chunk = this.#control.takeChunk();
      if (chunk === undefined) break;
      injectFault(this.#task.fault, step, 'evaluate');
      this.#replica.chunks.evaluate(chunk, step);
    }
    this.#recorder?.end('evaluate');
  }
}

/** Undefined where there is nothing to watch. */
function watchOf(fault: Fault | undefined, recorder: Recorder | undefined): StepWatch | undefined {
  if (!fault && !recorder) return undefined;
  return {
    begin: () => recorder?.begin(),
    end: (stage) => recorder?.end(stage),
    reach: (point, step) => injectFault(fault, step, point),
  };
}
