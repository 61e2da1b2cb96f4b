// One compute thread: a single task for the whole run. It waits for a command in shared memory, carries it out
// in lockstep with the other threads, reports, and waits again. Only reports and death are messages.
import { availableParallelism } from 'node:os';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import {
  type Datasets,
  planRun,
  Replica,
  type RunConfig,
  type RunPlan,
  Stepper,
  type StepWatch,
} from '@lockstep/core/internal';
import type { Backend, Kernels } from '@lockstep/kernels';
import { partition } from '@lockstep/tree';
import { Control } from './control.js';
import { type Fault, injectFault } from './fault.js';
import { LaneClock } from './lanes.js';
import { Recorder, type Stage, type StageWatch, type ThreadProfile } from './profile.js';
import { StepWindow, type WindowSize } from './step-window.js';
import { importBackend, type ThreadBackend } from './thread-backend.js';
import { plansFor, type ThreadDeal } from './thread-deals.js';

/** What threads compute over, and which shards each; `assign` brings another one. */
export interface ThreadPlace {
  /** To all threads first, then to fewer. */
  readonly deals: readonly ThreadDeal[];
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
  readonly backend: ThreadBackend;
  readonly port: MessagePort;
  readonly fault: Fault | undefined;
  /** Whether to time what it does. */
  readonly profiles: boolean;
  /** Where to keep account of what its time goes to; undefined: nowhere. */
  readonly lanes: SharedArrayBuffer | undefined;
  /** Over which steps thread 0 tells how long they took; undefined: it does not. */
  readonly window: WindowSize | undefined;
}

/** What a thread reports when it has done with command number `number`, or given it up after an abort. */
export interface ThreadReport {
  readonly number: number;
  /** It has done with this bucket only, and goes on. */
  readonly bucket?: number;
  /** The steps of the last window took so long each, in milliseconds, and it goes on. */
  readonly stepMs?: number;
}

/** What takes steps where so many threads do. */
interface Taking {
  readonly threads: number;
  readonly stepper: Stepper;
}

/** Looking before sleeping only helps while those who are waited for have cores of their own. */
const CORES = availableParallelism();

/** The task that Piscina runs. @returns what it timed, if it was asked to */
export default async function runThread(task: ThreadTask): Promise<ThreadProfile | undefined> {
  return new ComputeThread(task, await importBackend(task.backend)).run();
}

class ComputeThread {
  readonly #task: ThreadTask;
  readonly #backend: Backend;
  readonly #recorder: Recorder | undefined;
  readonly #clock: LaneClock | undefined;
  readonly #stages: StageWatch | undefined;
  #place!: ThreadPlace;
  /** For each deal. */
  #plans: readonly [RunPlan, ...RunPlan[]];
  #control!: Control;
  #kernels!: Kernels;
  #replica!: Replica;
  /** By the number of threads that compute. */
  readonly #steppers = new Map<number, Stepper>();
  #taking: Taking | undefined;
  #window: StepWindow | undefined;

  constructor(task: ThreadTask, backend: Backend) {
    this.#task = task;
    this.#backend = backend;
    this.#recorder = task.profiles ? new Recorder() : undefined;
    this.#clock = task.lanes && new LaneClock(task.lanes, task.thread);
    this.#stages = together(this.#recorder, this.#clock);
    this.#plans = [planRun(task.config, task.datasets, ...task.deals[0]!.buckets)];
    this.#take(task);
  }

  run(): ThreadProfile | undefined {
    let { seen } = this.#task;
    // Says only that it has begun: this command was not for it.
    this.#task.port.postMessage({ number: seen } satisfies ThreadReport);
    for (;;) {
      this.#clock?.stop();
      this.#control.awaitCommand(seen);
      if (!this.#control.calls(this.#task.thread)) this.#rest();
      const { commandNumber: number, command } = this.#control;
      seen = number;
      if (command === 'exit') return this.#recorder?.profile(this.#task.thread);
      if (command === 'train') this.#train(number);
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

  #take(place: ThreadPlace): void {
    const { datasets, thread } = this.#task;
    const { deals, memory } = place;
    this.#place = place;
    this.#plans = plansFor(this.#plans[0], deals);
    this.#control = new Control(memory, this.#plans[0].memory.control);
    const kernels = this.#backend.kernels(memory);
    this.#kernels = this.#recorder?.wrap(kernels) ?? kernels;
    this.#replica = new Replica(this.#plans[0], memory, thread, datasets, this.#kernels);
    this.#steppers.clear();
    this.#taking = undefined;
    // The number that is tried first is made beforehand: later, it would take what V8 has optimized for one of them apart.
    for (const { threads } of deals.slice(0, 2)) {
      if (thread < threads) this.#steppers.set(threads, this.#makeStepper(threads));
    }
  }

  /** What takes the steps of the command, made when so many threads take some first. */
  #stepper(): Stepper {
    const threads = this.#control.computing;
    if (this.#taking?.threads === threads) return this.#taking.stepper;
    const stepper = this.#steppers.get(threads) ?? this.#makeStepper(threads);
    this.#steppers.set(threads, stepper);
    this.#taking = { threads, stepper };
    const { thread, window } = this.#task;
    this.#window = window && thread === 0 ? new StepWindow(window, this.#window?.last) : undefined;
    return stepper;
  }

  #makeStepper(threads: number): Stepper {
    const { datasets, thread, order } = this.#task;
    const { deals, memory } = this.#place;
    const at = deals.findIndex((deal) => deal.threads === threads);
    const plan = this.#plans[at]!;
    const replica =
      at === 0 ? this.#replica : new Replica(plan, memory, thread, datasets, this.#kernels);
    return new Stepper(plan, replica, {
      tiles: partition(plan.tiles, threads)[thread]!,
      leads: thread === 0,
      barrier: this.#control.barrier(threads, threads > CORES ? 0 : undefined),
      board: this.#control,
      order,
      watch: watchOf(this.#task.fault, this.#stages),
    });
  }

  /** It is not called, and sleeps until it is. */
  #rest(): void {
    const { fault, thread } = this.#task;
    injectFault(fault, this.#control.committedStep, 'rest');
    this.#stages?.begin('rest');
    this.#control.awaitCall(thread);
    this.#stages?.end('rest');
  }

  #train(number: number): void {
    const stepper = this.#stepper();
    let begun = this.#window && performance.now();
    for (;;) {
      const step = this.#control.committedStep;
      if (step >= this.#control.targetStep) return;
      // Another thread died, or the run ends; or the step is not finite.
      if (!stepper.take(step) || this.#control.isNonFinite) return;
      if (begun === undefined) continue;
      const now = performance.now();
      const stepMs = this.#window!.note(now - begun);
      begun = now;
      if (stepMs !== undefined)
        this.#task.port.postMessage({ number, stepMs } satisfies ThreadReport);
    }
  }

  /** What lies between two exchanges with others: the step ends with their sum, and the next one begins. */
  #advance(number: number): void {
    const { sumAddress, computes } = this.#control;
    const stepper = this.#stepper();
    if (sumAddress > 0) {
      const sum = { adds: [], root: sumAddress };
      const isDone = stepper.finish(this.#control.committedStep, sum);
      if (!isDone || this.#control.isNonFinite) return;
    }
    if (!computes) return;
    const step = this.#control.committedStep;
    const { buckets } = stepper;
    for (let bucket = 0; bucket < buckets; bucket++) {
      if (!stepper.compute(step, bucket)) return;
      if (bucket < buckets - 1)
        this.#task.port.postMessage({ number, bucket } satisfies ThreadReport);
    }
  }

  #evaluate(): void {
    const step = this.#control.committedStep;
    this.#stages?.begin('evaluate');
    for (;;) {
      const chunk = this.#control.takeChunk();
      if (chunk === undefined) break;
      injectFault(this.#task.fault, step, 'evaluate');
      this.#replica.chunks.evaluate(chunk, step);
    }
    this.#stages?.end('evaluate');
  }
}

/** Undefined where there is nothing to watch. */
function watchOf(fault: Fault | undefined, stages: StageWatch | undefined): StepWatch | undefined {
  if (!fault && !stages) return undefined;
  return {
    begin: (stage) => stages?.begin(stage),
    end: (stage) => stages?.end(stage),
    reach: (point, step) => injectFault(fault, step, point),
  };
}

/** Both hear of every stage; undefined where nobody does. */
function together(
  one: StageWatch | undefined,
  other: StageWatch | undefined,
): StageWatch | undefined {
  if (!one || !other) return one ?? other;
  return {
    begin(stage: Stage) {
      one.begin(stage);
      other.begin(stage);
    },
    end(stage: Stage) {
      one.end(stage);
      other.end(stage);
    },
  };
}
