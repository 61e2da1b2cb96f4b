// A run on threads, between its configuration and its events: memory, threads, the epoch's order, and the
// state in and out. It takes steps and evaluates; when threads die it goes on from the last committed step.
import { LockstepError, type NonFiniteError } from '@lockstep/core';
import {
  collectSums,
  type DatasetSums,
  type Datasets,
  EpochOrder,
  nonFiniteError,
  planRun,
  type RunConfig,
  type RunPlan,
  type RunState,
  readState,
  wholeSum,
  writeState,
} from '@lockstep/core/internal';
import { shareDatasets } from '@lockstep/data';
import type { Backend } from '@lockstep/kernels';
import { partition, type Range } from '@lockstep/tree';
import { availableThreads } from './available-threads.js';
import { Control } from './control.js';
import type { Fault } from './fault.js';
import type { ThreadProfile } from './profile.js';
import { type ThreadBackend, threadBackend } from './thread-backend.js';
import { type LostThread, ThreadGroup } from './thread-group.js';

/** More than any machine has; a larger number is a slip of the pen. */
export const MAX_THREADS = 4096;

/** A step at which threads died this often in a row is not tried again. */
const MAX_LOSSES = 3;

export interface EngineOptions {
  readonly config: RunConfig;
  readonly backend: Backend;
  readonly datasets: Datasets;
  /** Threads asked for; at most one a shard is started. */
  readonly workers?: number | undefined;
  readonly state: RunState;
  readonly step: number;
  readonly faults?: readonly Fault[] | undefined;
  readonly onLost?: (lost: LostThread) => void;
  readonly profiles?: boolean | undefined;
}

export class Engine {
  readonly plan: RunPlan;
  /** Threads that compute. */
  readonly threads: number;
  /** Threads that were asked for but have no shard to compute. */
  readonly waiting: number;
  readonly #memory: WebAssembly.Memory;
  readonly #ranges: readonly Range[];
  readonly #faults: readonly Fault[] | undefined;
  readonly #profiles: boolean;
  readonly #backend: ThreadBackend;
  #group: ThreadGroup | undefined;
  readonly #datasets: Datasets;
  readonly #order: EpochOrder;
  readonly #control: Control;
  readonly #onLost: (lost: LostThread) => void;

  constructor(options: EngineOptions) {
    const { config, backend } = options;
    this.#backend = threadBackend(backend);
    const workers = options.workers ?? availableThreads().threads;
    this.threads = Math.min(workers, config.shards);
    this.waiting = workers - this.threads;
    const ranges = partition(config.shards, this.threads);
    this.plan = planRun(config, options.datasets, ranges);
    this.#memory = backend.createMemory(this.plan.memory.bytes);
    writeState(this.plan, this.#memory, options.step, options.state);
    this.#datasets = shareDatasets(options.datasets);
    this.#order = new EpochOrder(
      config,
      options.datasets.train.samples,
      (bytes) => new SharedArrayBuffer(bytes),
    );
    this.#onLost = options.onLost ?? (() => {});
    this.#ranges = ranges;
    this.#faults = options.faults;
    this.#profiles = options.profiles ?? false;
    this.#control = new Control(this.#memory, this.plan.memory.control);
    this.#control.commit(options.step);
  }

  /** Starts the threads; until then there are none. */
  start(): void {
    this.#group = new ThreadGroup({
      config: this.plan.config,
      backend: this.#backend,
      control: this.#control,
      buckets: [this.#ranges],
      memory: this.#memory,
      datasets: this.#datasets,
      order: this.#order.samples,
      profiles: this.#profiles,
      ...(this.#faults && { faults: this.#faults }),
    });
  }

  get step(): number {
    return this.#control.committedStep;
  }

  /** Mean loss of the last step's samples; undefined before the first. */
  get lastLoss(): number | undefined {
    const { loss, samples } = this.#control.lastSums;
    return samples > 0 ? loss / samples : undefined;
  }

  /** Lets the step that is being computed be the last of `trainTo`. */
  requestStop(): void {
    this.#control.requestStop();
  }

  /**
   * Trains up to step `target`, which must be in the epoch of the next step; less far if a stop was asked
   * for.
   *
   * @throws NonFiniteError if a loss, gradient or parameter is not finite; the last good state is kept
   * @throws LockstepError (code `thread-lost`) if threads die at the same step again and again
   */
  async trainTo(target: number): Promise<void> {
    this.#order.prepare(Math.floor(this.step / this.plan.stepsPerEpoch));
    await this.#untilDone(() => this.#group!.command('train', { targetStep: target }));
    if (this.#control.isNonFinite) throw this.#nonFiniteError();
  }

  /** Sums over all datasets but the one that is learnt from, with the parameters as they are. */
  async evaluate(): Promise<DatasetSums> {
    const endChunk = this.plan.evaluated.at(-1)?.endChunk ?? 0;
    if (endChunk > 0) await this.#untilDone(() => this.#group!.command('evaluate', { endChunk }));
    return collectSums(this.plan, this.#memory, this.step);
  }

  /** A copy of the state after the last committed step. Only between commands. */
  readState(): RunState {
    return readState(this.plan, this.#memory, this.step);
  }

  /** Ends the threads. @returns what they timed, if they were asked to */
  async stop(): Promise<ThreadProfile[]> {
    return (await this.#group?.stop()) ?? [];
  }

  async #untilDone(command: () => Promise<LostThread[]>): Promise<void> {
    let losses = 0;
    let lostAt = this.step;
    for (;;) {
      const lost = await command();
      if (lost.length === 0) return;
      losses = this.step === lostAt ? losses + 1 : 1;
      lostAt = this.step;
      for (const thread of lost) this.#onLost(thread);
      if (losses >= MAX_LOSSES) {
        const { thread, reason, started, cause } = lost.find(({ started }) => !started) ?? lost[0]!;
        throw new LockstepError(
          'thread-lost',
          started
            ? `train: threads died ${losses} times in a row at step ${lostAt}, the last time thread ${thread}: ${reason}`
            : `train: compute threads cannot be started: ${reason}`,
          { cause },
        );
      }
    }
  }

  #nonFiniteError(): NonFiniteError {
    const { loss } = this.#control.lastSums;
    return nonFiniteError(this.plan, this.#memory, this.step, wholeSum(this.plan), loss);
  }
}
