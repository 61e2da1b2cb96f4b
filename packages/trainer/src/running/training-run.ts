// A run from its first event to its last: what happens between steps. It evaluates after each epoch, saves
// checkpoints, logs, and ends on an abort after a checkpoint. How steps are computed is the engine's.
import {
  ConfigError,
  LockstepError,
  type Metrics,
  NonFiniteError,
  type Parameters,
  traitsOf,
  weightsHash,
} from '@lockstep/core';
import { parameterCount } from '@lockstep/core/internal';
import { wasm } from '@lockstep/kernels';
import { samplesSeen } from '@lockstep/tree';
import { Engine } from '../computing/engine.js';
import type { Fault } from '../computing/fault.js';
import type { ThreadProfile } from '../computing/profile.js';
import type { LostThread } from '../computing/thread-group.js';
import type { RunFolder } from '../storing/run-folder.js';
import { toCheckpoint } from '../storing/snapshot.js';
import { begin } from './begun.js';
import type {
  CheckpointEvent,
  EpochEndEvent,
  Progress,
  RunEndEvent,
  RunStartEvent,
  TrainEvent,
} from './events.js';
import type { PreparedRun } from './prepare-run.js';

export interface TrainingRunOptions extends PreparedRun {
  readonly workers: number | undefined;
  readonly faults: readonly Fault[] | undefined;
  readonly profile: boolean | undefined;
}

export interface TrainResult {
  readonly parameters: Parameters;
  readonly weightsHash: string;
  readonly step: number;
  /** Null where there is no test data. */
  readonly testLoss: number | null;
  /** Null where there is no test data, or the loss knows no right from wrong. */
  readonly testAccuracy: number | null;
}

/** How often to look whether a step was committed after a loss. */
const RECOVERY_POLL_MS = 1;

/** Where a run stood at a moment. */
interface Mark {
  readonly time: number;
  readonly trainingMs: number;
  readonly step: number;
}

function now(): string {
  return new Date().toISOString();
}

export class TrainingRun implements AsyncIterable<TrainEvent> {
  readonly #options: TrainingRunOptions;
  readonly #engine: Engine;
  /** Events that arose while threads were training, and who waits for one. */
  readonly #arisen: TrainEvent[] = [];
  #arise: (() => void) | undefined;
  #started = false;
  #trainingMs = 0;
  #segmentBegun: number | undefined;
  #generation = 1;
  /** The first loss since the last committed step, and the poll that waits for the next one. */
  #loss: { readonly step: number; readonly noticed: number } | undefined;
  #recovery: NodeJS.Timeout | undefined;
  /** The step that was last saved, and told of. */
  #savedStep: number | undefined;
  /** It came to its end, or to an error that it has saved what it could for. */
  #isOver = false;
  #result: TrainResult | undefined;
  #profiles: readonly ThreadProfile[] = [];

  /** Use `train` or `resume`. */
  constructor(options: TrainingRunOptions) {
    this.#options = options;
    this.#engine = new Engine({
      config: options.config,
      train: options.data.train,
      test: options.data.test,
      workers: options.workers,
      state: options.state,
      step: options.step,
      faults: options.faults,
      profiles: options.profile,
      onLost: (lost) => this.#noteLoss(lost),
    });
  }

  /** Threads that compute. */
  get workers(): number {
    return this.#engine.threads;
  }

  /** Threads that were asked for but wait, because there are fewer shards. */
  get waiting(): number {
    return this.#engine.waiting;
  }

  /** What each thread's time went to; when the run is over, if it was asked for. */
  get profiles(): readonly ThreadProfile[] {
    return this.#profiles;
  }

  /** Steps that were taken since this run began or was resumed. */
  get stepsTaken(): number {
    return this.#engine.step - this.#options.step;
  }

  /** Where the run stands now; undefined before it has begun. */
  progress(): Progress | undefined {
    if (!this.#started) return undefined;
    const { plan, step, lastLoss } = this.#engine;
    const rate = this.#samplesPerSecond(step);
    return {
      epoch: Math.min(Math.floor(step / plan.stepsPerEpoch) + 1, plan.config.epochs),
      epochs: plan.config.epochs,
      step,
      steps: plan.steps,
      loss: lastLoss,
      samplesPerSecond: rate,
      secondsLeft:
        rate > 0 ? (this.#samplesAt(plan.steps) - this.#samplesAt(step)) / rate : undefined,
    };
  }

  /** Runs to the end, unless somebody iterates it, and gives what came out. Warnings go to the console then. */
  async result(): Promise<TrainResult> {
    if (!this.#started) {
      for await (const event of this) {
        if (event.event === 'warning') console.warn(`warning: ${event.message}`);
      }
    }
    if (!this.#result)
      throw new ConfigError('run: it has not come to its end, so it has no result');
    return this.#result;
  }

  /** Runs; can be iterated once. Leaving the loop early ends the threads, and saves the last step if there is a folder. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TrainEvent, void, undefined> {
    if (this.#started) throw new ConfigError('run: it can be iterated only once');
    this.#started = true;
    begin(this);
    const { signal, folder, found } = this.#options;
    await folder?.claim(found);
    const stop = (): void => this.#engine.requestStop();
    signal?.addEventListener('abort', stop);
    try {
      this.#engine.start();
      for await (const event of this.#events()) {
        await folder?.log(event);
        yield event;
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      clearInterval(this.#recovery);
      this.#profiles = await this.#engine.stop();
      // Who leaves the loop early, or cannot log, keeps the steps that were taken.
      const isUnsaved = this.#engine.step > (this.#savedStep ?? this.#options.step);
      try {
        if (isUnsaved && !this.#isOver) await this.#save();
      } finally {
        await folder?.release();
      }
    }
  }

  async *#events(): AsyncGenerator<TrainEvent, void, undefined> {
    const begun = performance.now();
    const { folder, isNew } = this.#options;
    // The first checkpoint comes before run.json: a run that can be seen can be resumed.
    const first = isNew ? await this.#save() : [];
    if (folder && isNew) await this.#createFolder(folder);
    yield this.#runStart();
    for (const message of this.#options.warnings) yield { event: 'warning', time: now(), message };
    yield* first;
    let test: Metrics | undefined;
    try {
      test = yield* this.#steps();
      test ??= await this.#evaluate();
    } catch (error) {
      this.#isOver = true;
      // What was committed before the step that failed is good, and worth keeping.
      if (leavesStateWhole(error)) yield* [...this.#takeArisen(), ...(await this.#save())];
      throw error;
    }
    yield* this.#takeArisen();
    const end = await this.#runEnd(begun, test);
    this.#isOver = true;
    yield end;
  }

  /** @returns the metrics after the last step, if they were taken */
  async *#steps(): AsyncGenerator<TrainEvent, Metrics | undefined, undefined> {
    const { signal, checkpointEvery } = this.#options;
    const { plan } = this.#engine;
    const every = checkpointEvery ?? plan.stepsPerEpoch;
    let epoch = this.#mark();
    let lastTest: Metrics | undefined;
    while (this.#engine.step < plan.steps) {
      const { step } = this.#engine;
      const epochEnd = (Math.floor(step / plan.stepsPerEpoch) + 1) * plan.stepsPerEpoch;
      const target = Math.min(epochEnd, (Math.floor(step / every) + 1) * every);
      if (!signal?.aborted) yield* this.#train(target);
      if (this.#engine.step < target) {
        yield* await this.#save();
        throw signal?.reason;
      }
      if (target === epochEnd) {
        lastTest = await this.#evaluate();
        yield* this.#takeArisen();
        yield await this.#epochEnd(epoch, lastTest);
        epoch = this.#mark();
      }
      if (target % every === 0 || target === plan.steps) yield* await this.#save();
    }
    return lastTest;
  }

  /** Trains up to a step, or less far on an abort; tells of lost threads as it goes. */
  async *#train(target: number): AsyncGenerator<TrainEvent, void, undefined> {
    this.#segmentBegun = performance.now();
    try {
      const done = this.#engine.trainTo(target).then(() => 'done' as const);
      while ((await Promise.race([done, this.#nextArisen()])) !== 'done') yield* this.#takeArisen();
      this.#noteRecovery();
    } finally {
      this.#trainingMs += performance.now() - this.#segmentBegun;
      this.#segmentBegun = undefined;
    }
    yield* this.#takeArisen();
  }

  #nextArisen(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#arisen.length > 0) resolve();
      else this.#arise = resolve;
    });
  }

  #takeArisen(): TrainEvent[] {
    return this.#arisen.splice(0);
  }

  #tell(event: TrainEvent): void {
    this.#arisen.push(event);
    this.#arise?.();
  }

  #noteLoss({ thread, reason }: LostThread): void {
    const noticed = performance.now();
    const { step } = this.#engine;
    this.#generation++;
    this.#tell({
      event: 'worker-lost',
      time: now(),
      name: `thread ${thread}`,
      reason,
      generation: this.#generation,
      step,
    });
    // A loss may also be noticed after steps that end an earlier one.
    if (this.#loss && this.#loss.step < step) this.#noteRecovery();
    this.#loss ??= { step, noticed };
    clearInterval(this.#recovery);
    this.#recovery = setInterval(() => {
      if (this.#engine.step > step) this.#noteRecovery();
    }, RECOVERY_POLL_MS);
  }

  /** Ends a loss, if there was one: a step was committed since, or the evaluation that it cut short is done. */
  #noteRecovery(): void {
    clearInterval(this.#recovery);
    if (!this.#loss) return;
    const step = Math.min(this.#loss.step + 1, this.#engine.step);
    const ms = Math.round(performance.now() - this.#loss.noticed);
    this.#loss = undefined;
    this.#tell({ event: 'recovered', time: now(), step, ms });
  }

  async #evaluate(): Promise<Metrics | undefined> {
    if (!this.#options.data.test) return undefined;
    const metrics = await this.#engine.evaluate('test');
    this.#noteRecovery();
    return metrics;
  }

  /** Saves the last committed step, if the run has a folder and has not just done so. */
  async #save(): Promise<CheckpointEvent[]> {
    const { folder, name, config, datasetSha256 } = this.#options;
    const { step } = this.#engine;
    if (!folder || this.#savedStep === step) return [];
    const path = await folder.checkpoints.save(
      toCheckpoint(
        { run: name, config, datasetSha256, engine: wasm.hash },
        step,
        this.#engine.readState(),
      ),
    );
    this.#savedStep = step;
    return [{ event: 'checkpoint', time: now(), step, path }];
  }

  async #createFolder(folder: RunFolder): Promise<void> {
    const { name, config, origin, data } = this.#options;
    await folder.create({
      run: name,
      created: now(),
      config,
      dataset: { ...this.#dataset(), traits: traitsOf(data.train) },
      engine: wasm.hash,
      origin,
    });
  }

  #dataset(): RunStartEvent['dataset'] {
    const { data, datasetSha256 } = this.#options;
    return {
      name: data.train.name,
      train: data.train.samples,
      test: data.test?.samples ?? 0,
      sha256: datasetSha256,
    };
  }

  #runStart(): RunStartEvent {
    const { name, config } = this.#options;
    return {
      event: 'run-start',
      time: now(),
      run: name,
      dataset: this.#dataset(),
      parameters: parameterCount(this.#engine.plan.layout),
      seed: config.seed,
      batchSize: config.batchSize,
      shards: config.shards,
      workers: this.#engine.threads,
      epochs: config.epochs,
      step: this.#engine.step,
      engine: wasm.hash,
    };
  }

  #mark(): Mark {
    return { time: performance.now(), trainingMs: this.#trainingMs, step: this.#engine.step };
  }

  async #epochEnd(begun: Mark, test: Metrics | undefined): Promise<EpochEndEvent> {
    const { step, plan } = this.#engine;
    const { parameters, epochLoss } = this.#engine.readState();
    const samples = this.#samplesAt(step) - this.#samplesAt(step - plan.stepsPerEpoch);
    return {
      event: 'epoch-end',
      time: now(),
      epoch: step / plan.stepsPerEpoch,
      step,
      samples,
      trainLoss: epochLoss / samples,
      testLoss: test?.loss ?? null,
      testAccuracy: test?.accuracy ?? null,
      seconds: seconds(begun.time),
      samplesPerSecond: Math.round(this.#samplesPerSecond(step, begun)),
      weightsHash: await weightsHash(parameters),
    };
  }

  async #runEnd(begun: number, test: Metrics | undefined): Promise<RunEndEvent> {
    const { step } = this.#engine;
    const { folder } = this.#options;
    const { parameters } = this.#engine.readState();
    await folder?.writeWeights(parameters, traitsOf(this.#options.data.train));
    this.#result = {
      parameters,
      weightsHash: await weightsHash(parameters),
      step,
      testLoss: test?.loss ?? null,
      testAccuracy: test?.accuracy ?? null,
    };
    return {
      event: 'run-end',
      time: now(),
      step,
      samples: this.#samplesAt(step),
      weightsHash: this.#result.weightsHash,
      testLoss: this.#result.testLoss,
      testAccuracy: this.#result.testAccuracy,
      seconds: seconds(begun),
      samplesPerSecond: Math.round(this.#samplesPerSecond(step)),
      out: folder?.path ?? null,
    };
  }

  #samplesAt(step: number): number {
    return samplesSeen(this.#engine.plan.batches, step);
  }

  /** Over the training since a mark; since this process took up the run if there is none. */
  #samplesPerSecond(step: number, since?: Mark): number {
    const current = this.#segmentBegun === undefined ? 0 : performance.now() - this.#segmentBegun;
    const ms = this.#trainingMs + current - (since?.trainingMs ?? 0);
    const samples = this.#samplesAt(step) - this.#samplesAt(since?.step ?? this.#options.step);
    return ms > 0 ? (1000 * samples) / ms : 0;
  }
}

/** Whether an error stopped the computing, while the state after the last committed step is good. */
function leavesStateWhole(error: unknown): boolean {
  return (
    error instanceof NonFiniteError ||
    (error instanceof LockstepError && error.code === 'thread-lost')
  );
}

function seconds(since: number): number {
  return Math.round(performance.now() - since) / 1000;
}
