// A run from its first event to its last, whatever computes it: it takes the folder, saves where the run begins, logs and
// tells events in order, stops on a signal, and keeps the result. How steps are computed is not known here.
// Invariant: an event is on the disk before it is told; whoever leaves the loop, or cannot log, loses no step; and of a run that
// has begun its folder says how it ended, unless its process was killed.
import {
  ConfigError,
  type Parameters,
  type Stopped,
  type TrainedModel,
  traitsOf,
  weightsHash,
} from '@lockstep/core';
import {
  type Datasets,
  type EvaluationReport,
  PARAMETERS,
  type RunConfig,
} from '@lockstep/core/internal';
import type { Backend } from '@lockstep/kernels';
import { stateDigest } from '../storing/state-digest.js';
import type { Computing } from './computing.js';
import { recordFailure } from './ending.js';
import type {
  CheckpointEvent,
  ClusterEvent,
  InterruptedEvent,
  Progress,
  TrainEvent,
} from './events.js';
import { Followed } from './followed.js';
import type { PreparedRun } from './prepare-run.js';
import { type Ended, RunReport, timeNow } from './run-report.js';
import { saveState, trainedBy, trainedWith } from './save-state.js';

/** What a run has come to. */
export interface TrainResult extends EvaluationReport {
  /** The model with what it has learnt: it answers, and can be kept. */
  readonly trained: TrainedModel;
  readonly parameters: Parameters;
  /** What the model keeps besides. */
  readonly buffers: Parameters;
  readonly weightsHash: string;
  /** The run's last. With `keep: 'best'` the parameters may be those of an earlier one. */
  readonly step: number;
  /** Why the run ended; one that was aborted, or whose loop was left, was asked to. */
  readonly stopped: Stopped;
  /** By the monitored metric, from 1; null where nothing is evaluated, or no epoch came to its end. */
  readonly bestEpoch: number | null;
}

/** What a run has come to while it goes on. */
export interface RunView {
  /** So many have been taken. */
  readonly step: number;
  /** The model with what it has learnt by then: it answers, and can be kept. */
  readonly trained: TrainedModel;
  /**
   * The mean gradient of the last step, by the parameters' names and in their shapes; undefined before the first step, and on
   * a cluster, whose coordinator has none.
   */
  readonly gradients: Parameters | undefined;
  /** Milliseconds for which steps waited while it was looked at. */
  readonly pausedMs: number;
}

/** What says how it ended. */
const ENDS: ReadonlySet<string> = new Set(['run-end', 'error', 'interrupted']);

/**
 * A run. Aborting it, or leaving the loop over its events early, saves the newest step, if there is a folder, and ends the
 * computing; the result is the state that it came to.
 */
export class Run<E extends ClusterEvent, C extends Computing<E>> extends Followed<
  E | TrainEvent,
  TrainResult
> {
  protected readonly options: PreparedRun;
  protected readonly computing: C;
  readonly #report: RunReport;
  #isOpen = false;
  /** Whether something was logged, which then has an end. */
  #isLogged = false;
  /** The newest step with a checkpoint. */
  #savedStep: number;
  #interruption: InterruptedEvent | undefined;

  protected constructor(options: PreparedRun, computing: C) {
    super('run');
    this.options = options;
    this.computing = computing;
    this.#report = new RunReport(options, computing.plan);
    this.#savedStep = options.step;
  }

  /** What the run is. */
  get config(): RunConfig {
    return this.options.config;
  }

  /** What it learns from and is evaluated on, by name. */
  get data(): Datasets {
    return this.options.data;
  }

  /** Where the run stands now; undefined before it has begun. */
  progress(): Progress | undefined {
    const standing = this.hasBegun ? this.computing.standing : undefined;
    return standing && this.#report.progress(standing);
  }

  /** What its folder says of its end, if it was stopped. */
  get interruption(): InterruptedEvent | undefined {
    return this.#interruption;
  }

  /**
   * The newest state that can be seen here, between two steps: of threads that of the step they are at, of a cluster the one
   * that was saved last. The run goes on meanwhile. Undefined before it has begun.
   */
  async view(): Promise<RunView | undefined> {
    if (!this.#isOpen) return undefined;
    const { values, ...seen } = await this.computing.see();
    return { ...seen, trained: trainedWith(this.options, values) };
  }

  /**
   * Saves the newest step that there is, besides those that are saved anyway; training goes on afterwards. On a cluster all
   * stop for a moment, and whoever asks before it is saved gets the same one.
   *
   * @returns the checkpoint's path, once it is on the disk; null for a run without a folder
   * @throws ConfigError before the run has begun; CheckpointError, or `checkpoint` as its code, if it cannot be written, and
   * then the run goes on
   */
  async checkpoint(): Promise<string | null> {
    if (!this.#isOpen) throw new ConfigError('checkpoint: the run has not begun');
    return this.computing.checkpoint();
  }

  /** As its events call it. */
  get name(): string {
    return this.options.name;
  }

  /** What computes on this machine. */
  get backend(): Backend {
    return this.options.backend;
  }

  protected override unheard(event: E | TrainEvent): void {
    if (event.event === 'warning') console.warn(`warning: ${event.message}`);
  }

  /** An error as the folder has it, where its message says how whoever called can go on. */
  protected described(_error: unknown): string | undefined {
    return undefined;
  }

  protected async *follow(): AsyncGenerator<E | TrainEvent, void, undefined> {
    const { folder, found, fence, isNew, watch } = this.options;
    const { signal } = watch;
    const { computing } = this;
    const abort = (): void => computing.stop('aborted');
    let running: Promise<Ended | undefined> | undefined;
    let hasFailed = false;
    try {
      if (isNew) await folder?.checkFree();
      if (isNew) await computing.check?.();
      await folder?.claim(found, fence);
      this.#report.begin();
      await computing.open({ report: this.#report, events: this.events });
      this.#isOpen = true;
      const saved = isNew ? await this.#createFolder() : [];
      running = this.#run(saved);
      signal?.addEventListener('abort', abort);
      if (signal?.aborted) abort();
      for await (const event of this.events) {
        yield await this.#logged(event);
        if (event.event === 'epoch-end') this.#report.beginEpoch();
      }
      const ended = await running;
      // What was interrupted can go on: its folder says so, and has no weights.
      if (!ended) await this.#logged(this.#noteInterruption());
      yield ended
        ? await this.#logged(await this.#end(ended))
        : this.#told(await this.#interrupted());
    } catch (error) {
      hasFailed = true;
      await this.#logFailure(error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      try {
        if (running) await this.#wrapUp(running, hasFailed);
      } finally {
        await computing.close();
        await folder?.release();
      }
    }
  }

  /** Computes until there is nothing more to tell. An error is what comes last from the queue. */
  async #run(saved: readonly CheckpointEvent[]): Promise<Ended | undefined> {
    const warnings = this.options.warnings.map((message) => this.#report.warning(message));
    try {
      const ended = await this.computing.run({ saved, warnings });
      this.events.end();
      return ended;
    } catch (error) {
      this.events.fail(error);
      return undefined;
    }
  }

  /** Of a run whose loop was left before its end, what it came to. */
  async #wrapUp(running: Promise<Ended | undefined>, hasFailed: boolean): Promise<void> {
    try {
      if (!this.events.hasEnded) await this.#leave();
      if (hasFailed || this.hasFinished) return;
      const ended = (await running) ?? (await this.#interrupted());
      await this.#log(this.#noteInterruption()).catch(() => {});
      this.#told(ended);
    } catch (error) {
      if (!hasFailed) await this.#logFailure(error);
      throw error;
    }
  }

  /** Nobody asks for events any more: the run stops, and what it still tells is logged as far as that goes. */
  async #leave(): Promise<void> {
    this.computing.stop('left');
    for await (const event of this.events) await this.#log(event).catch(() => {});
  }

  /** What a run that goes on gave when it ended before is not what it comes to now. */
  async #log(event: E | TrainEvent): Promise<void> {
    const { folder, isNew } = this.options;
    if (event.event === 'checkpoint') {
      this.#savedStep = event.step;
      if (!isNew) await folder?.dropWeights();
    }
    await folder?.log(event, ENDS.has(event.event));
    this.#isLogged = true;
  }

  /** One that has told nothing has not begun, and is as it was. What is wrong may be that nothing can be logged. */
  async #logFailure(error: unknown): Promise<void> {
    const event = recordFailure(error, this.computing.standing?.step, this.described(error));
    if (this.#isLogged) await this.options.folder?.log(event, true).catch(() => {});
  }

  #noteInterruption(): InterruptedEvent {
    const { signal } = this.options.watch;
    const step = this.computing.standing?.step ?? this.#savedStep;
    this.#interruption = {
      ...{ event: 'interrupted', time: timeNow(), step, saved: this.#savedStep },
      reason: signal?.aborted ? wordsOf(signal.reason) : 'the loop over its events was left',
    };
    return this.#interruption;
  }

  async #logged<T extends E | TrainEvent>(event: T): Promise<T> {
    try {
      await this.#log(event);
    } catch (cause) {
      // That it cannot be logged is the error that ends the run, whatever else goes wrong.
      if (!this.events.hasEnded) await this.#leave().catch(() => {});
      throw this.computing.unlogged?.(event.event, cause as Error) ?? cause;
    }
    return event;
  }

  /** The first checkpoint comes before run.json: a run that can be seen can be resumed. */
  async #createFolder(): Promise<CheckpointEvent[]> {
    const { folder, name, config, backend, step, origin, data, judgement } = this.options;
    if (!folder) return [];
    const { state } = this.computing.held();
    const path = await saveState(this.options, step, state, judgement);
    await folder.create({
      run: name,
      created: timeNow(),
      config,
      dataset: { ...this.#report.dataset, traits: traitsOf(data.train) },
      arithmetic: backend.arithmetic,
      engine: backend.hash,
      origin,
    });
    const digest = stateDigest(this.computing.plan.state, step, state);
    return path === null ? [] : [this.#report.checkpoint(step, path, digest)];
  }

  async #end(ended: Ended): Promise<TrainEvent> {
    await this.options.folder?.writeWeights(trainedBy(this.options, ended.state));
    return this.#told(ended);
  }

  /** What it came to when it was stopped: it is not evaluated for that. */
  async #interrupted(): Promise<Ended> {
    const { step, state, judgement, stopped = 'asked' } = this.computing.held();
    const hash = await weightsHash(state.tensors.get(PARAMETERS)!);
    const bestEpoch = judgement.best?.epoch ?? null;
    const evaluated = { step, weightsHash: hash, epochLoss: 0, sums: undefined };
    return { step, state, stopped, bestEpoch, evaluated };
  }

  /** The result, and the event that says it. */
  #told(ended: Ended): TrainEvent {
    const { state, step, stopped, bestEpoch, evaluated } = ended;
    const trained = trainedBy(this.options, state);
    const { parameters, buffers } = trained;
    const result = { trained, parameters, buffers, weightsHash: evaluated.weightsHash, step };
    const evaluation = this.#report.evaluation(evaluated.sums);
    this.finish({ ...result, stopped, bestEpoch, ...evaluation });
    return this.#report.runEnd(ended, this.computing.standing ?? { trainingMs: 0 });
  }
}

function wordsOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
