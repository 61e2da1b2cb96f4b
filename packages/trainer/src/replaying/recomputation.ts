// Takes a run's steps again on this machine's threads, from a state that it is given, and does nothing else: it evaluates,
// judges and saves nothing, so no rule that ended the run ends it here.
import type { Dataset } from '@lockstep/core';
import type { RunConfig, RunPlan, RunState } from '@lockstep/core/internal';
import type { Backend } from '@lockstep/kernels';
import { adaptively } from '../computing/adaptive-choice.js';
import { Engine } from '../computing/engine.js';
import { threadBackend } from '../computing/thread-backend.js';
import { ThreadedCompute } from '../computing/threaded-compute.js';
import { availableThreads } from '../running/available-threads.js';

export interface RecomputationOptions {
  readonly config: RunConfig;
  readonly backend: Backend;
  /** In shared memory. */
  readonly train: Dataset;
  /** Default: as many as help. */
  readonly threads: number | undefined;
  readonly signal: AbortSignal | undefined;
}

export class Recomputation {
  readonly #engine: Engine;
  readonly #signal: AbortSignal | undefined;

  constructor({ config, backend, train, threads, signal }: RecomputationOptions) {
    threadBackend(backend);
    this.#signal = signal;
    this.#engine = new Engine({
      ...{ config, backend, datasets: { train }, isAlone: true },
      threads: threads ?? availableThreads().threads,
      choosing: threads === undefined ? adaptively : undefined,
      compute: (setting, place) => new ThreadedCompute(setting, place),
    });
  }

  get plan(): RunPlan {
    return this.#engine.plan;
  }

  /** Threads that compute. */
  get threads(): number {
    return this.#engine.threads;
  }

  /** Where it stands; undefined before it was given a state. While it computes, too. */
  get step(): number | undefined {
    return this.#engine.holdsState ? this.#engine.step : undefined;
  }

  /** Stands at a step from now on. @throws as `Engine.writeState` */
  begin(step: number, state: RunState): void {
    this.#engine.writeState(step, state);
  }

  /** @param bytes what `flat` gave at that step */
  beginFlat(step: number, bytes: Uint8Array): void {
    this.#engine.loadState(step, bytes);
  }

  /**
   * Takes steps until it stands at one that is not before the present one.
   *
   * @throws NonFiniteError as the run did, if a loss, gradient or parameter is not finite; the signal's reason if it is aborted
   */
  async to(step: number): Promise<void> {
    const engine = this.#engine;
    const signal = this.#signal;
    const stop = (): void => engine.requestStop();
    signal?.addEventListener('abort', stop);
    try {
      const { stepsPerEpoch } = engine.plan;
      while (engine.step < step) {
        signal?.throwIfAborted();
        const epochEnd = (Math.floor(engine.step / stepsPerEpoch) + 1) * stepsPerEpoch;
        await engine.trainTo(Math.min(step, epochEnd));
      }
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** A copy. */
  state(): RunState {
    return this.#engine.readState();
  }

  /** A copy, in one stretch of bytes. */
  flat(): Uint8Array {
    return this.#engine.saveState();
  }

  async close(): Promise<void> {
    await this.#engine.close();
  }
}
