// The events that every run tells, and its rates, in the same words whatever computes it: what is known of a step goes in,
// an event comes out. It decides nothing; training time comes from whoever computes.

import type { Stopped } from '@lockstep/core';
import {
  type DatasetSums,
  type EvaluationReport,
  parameterCount,
  type RunPlan,
  type RunState,
  reportEvaluation,
} from '@lockstep/core/internal';
import { samplesSeen } from '@lockstep/tree';
import type { ThreadChange } from '../computing/thread-choice.js';
import type {
  CheckpointEvent,
  EpochEndEvent,
  Progress,
  RunEndEvent,
  RunStartEvent,
  ThreadsEvent,
  WarningEvent,
} from './events.js';
import type { PreparedRun } from './prepare-run.js';

/** What a report looks at. */
export type ReportedRun = Pick<
  PreparedRun,
  'name' | 'config' | 'backend' | 'metrics' | 'data' | 'datasetSha256' | 'step' | 'folder'
>;

/** Where a run stands now. */
export interface Standing {
  /** Committed. */
  readonly step: number;
  /** Mean loss of the last committed step's samples; undefined before the first. */
  readonly loss: number | undefined;
  /** Spent on training since this process took up the run. */
  readonly trainingMs: number;
  /**
   * Spent on the run since then: training, evaluating, saving. Undefined where that is all the time, as on this machine's
   * threads; a cluster waits for workers.
   */
  readonly workingMs?: number | undefined;
  /** What it waits for, in words, while nobody computes; undefined while somebody does. */
  readonly waitsFor?: string | undefined;
}

/** The time that a run has taken so far. */
export type TimeSpent = Pick<Standing, 'trainingMs' | 'workingMs'>;

/** What a run has come to at an epoch's end, or at its own. */
export interface Evaluated {
  readonly step: number;
  readonly weightsHash: string;
  /** Sum of the losses of the epoch's samples. */
  readonly epochLoss: number;
  /** Of each dataset that is evaluated. */
  readonly sums: DatasetSums;
}

/** How a run has ended, and what it gives. */
export interface Ended {
  /** The run's last step. */
  readonly step: number;
  readonly stopped: Stopped;
  /** From 1; null if there is none. */
  readonly bestEpoch: number | null;
  /** What it gives: the last step's, or the best epoch's. */
  readonly state: RunState;
  /** Of that state; a run that was interrupted is not evaluated, and has no sums. */
  readonly evaluated: Omit<Evaluated, 'sums'> & { readonly sums: DatasetSums | undefined };
}

/** Tells of a run, in its events' words. */
export class RunReport {
  readonly #run: ReportedRun;
  readonly #plan: RunPlan;
  /** The step from which this process has trained. */
  #firstStep: number;
  /** What the last epoch that was told had come to. */
  #told = { step: 0, trainingMs: 0, workingMs: 0 };
  #begun = performance.now();
  #epochBegun = this.#begun;

  constructor(run: ReportedRun, plan: RunPlan) {
    this.#run = run;
    this.#plan = plan;
    this.#firstStep = run.step;
  }

  /** From here on the run's seconds count. */
  begin(): void {
    this.#begun = performance.now();
    this.#epochBegun = this.#begun;
  }

  /** From here on the seconds of the next epoch count. */
  beginEpoch(): void {
    this.#epochBegun = performance.now();
  }

  get dataset(): RunStartEvent['dataset'] {
    const { data, datasetSha256 } = this.#run;
    return {
      name: data.train.name,
      train: data.train.samples,
      test: data.test?.samples ?? 0,
      sha256: datasetSha256,
    };
  }

  /** @param step where it goes on: workers of a cluster may hold a newer one than the last checkpoint */
  runStart(workers: number, step: number): RunStartEvent {
    const { name, config, backend } = this.#run;
    this.#firstStep = step;
    return {
      event: 'run-start',
      time: timeNow(),
      run: name,
      dataset: this.dataset,
      parameters: parameterCount(this.#plan.layout),
      seed: config.seed,
      batchSize: config.batchSize,
      shards: config.shards,
      workers,
      epochs: config.epochs,
      step,
      arithmetic: backend.arithmetic,
      kernels: backend.name,
      engine: backend.hash,
    };
  }

  warning(message: string): WarningEvent {
    return { event: 'warning', time: timeNow(), message };
  }

  threads(change: ThreadChange, of: number, step: number): ThreadsEvent {
    const { threads: computing, ...told } = change;
    return { event: 'threads', time: timeNow(), step, computing, of, ...told };
  }

  checkpoint(step: number, path: string, digest: string): CheckpointEvent {
    return { event: 'checkpoint', time: timeNow(), step, path, digest };
  }

  /** @param spent nothing, for an epoch that an earlier process trained */
  epochEnd({ step, epochLoss, weightsHash, sums }: Evaluated, spent: TimeSpent): EpochEndEvent {
    const { trainingMs, workingMs } = spent;
    const { stepsPerEpoch } = this.#plan;
    const samples = this.#samplesAt(step) - this.#samplesAt(step - stepsPerEpoch);
    const told = this.#told;
    if (trainingMs > 0) this.#told = { step, trainingMs, workingMs: workingMs ?? 0 };
    const since = Math.max(told.step, this.#firstStep);
    const rate = this.#samplesPerSecond(step, trainingMs - told.trainingMs, since);
    return {
      event: 'epoch-end',
      time: timeNow(),
      epoch: step / stepsPerEpoch,
      step,
      samples,
      trainLoss: epochLoss / samples,
      ...this.evaluation(sums),
      seconds: secondsOf(workingMs, told.workingMs) ?? secondsSince(this.#epochBegun),
      samplesPerSecond: Math.round(rate),
      weightsHash,
    };
  }

  runEnd(ended: Ended, { trainingMs, workingMs }: TimeSpent): RunEndEvent {
    const { step, stopped, bestEpoch } = ended;
    const { weightsHash, sums } = ended.evaluated;
    return {
      event: 'run-end',
      time: timeNow(),
      step,
      samples: this.#samplesAt(step),
      weightsHash,
      ...this.evaluation(sums),
      stopped,
      bestEpoch,
      seconds: secondsOf(workingMs, 0) ?? secondsSince(this.#begun),
      samplesPerSecond: Math.round(this.#samplesPerSecond(step, trainingMs)),
      out: this.#run.folder?.path ?? null,
    };
  }

  /** What is told of sums over the datasets that are evaluated. */
  evaluation(sums: DatasetSums | undefined): EvaluationReport {
    if (!sums) return { testLoss: null, testAccuracy: null, metrics: {} };
    return reportEvaluation(this.#plan.evaluated, sums, this.#run.metrics);
  }

  progress({ step, loss, trainingMs, waitsFor }: Standing): Progress {
    const { steps, stepsPerEpoch, config } = this.#plan;
    const rate = this.#samplesPerSecond(step, trainingMs);
    const left = this.#samplesAt(steps) - this.#samplesAt(step);
    return {
      epoch: Math.min(Math.floor(step / stepsPerEpoch) + 1, config.epochs),
      epochs: config.epochs,
      step,
      steps,
      loss,
      trainingSeconds: trainingMs / 1000,
      samplesPerSecond: rate,
      secondsLeft: rate > 0 ? left / rate : undefined,
      waitsFor,
    };
  }

  #samplesAt(step: number): number {
    return samplesSeen(this.#plan.batches, step);
  }

  /** @param since the step from which on training took that time */
  #samplesPerSecond(step: number, trainingMs: number, since = this.#firstStep): number {
    const samples = this.#samplesAt(step) - this.#samplesAt(since);
    return trainingMs > 0 ? (1000 * Math.max(samples, 0)) / trainingMs : 0;
  }
}

/** As events have it: ISO 8601. */
export function timeNow(): string {
  return new Date().toISOString();
}

function secondsOf(ms: number | undefined, before: number): number | undefined {
  return ms === undefined ? undefined : Math.round(ms - before) / 1000;
}

function secondsSince(mark: number): number {
  return Math.round(performance.now() - mark) / 1000;
}
