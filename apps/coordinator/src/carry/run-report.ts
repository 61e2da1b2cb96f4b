// The events of a run that its metrics are in, and its rates: what the coordinator knows, put into the words that
// every run uses. It reads no clock; training time comes from membership.
import type { Dataset } from '@lockstep/core';
import { parameterCount, type RunPlan } from '@lockstep/core/internal';
import { wasm } from '@lockstep/kernels';
import type { EpochEndEvent, PreparedRun, RunEndEvent, RunStartEvent } from '@lockstep/trainer';
import { samplesSeen } from '@lockstep/tree';
import type { EvaluatedStep } from '../decide/membership/state/durable.js';

export interface ReportedRun
  extends Pick<PreparedRun, 'name' | 'config' | 'datasetSha256' | 'step' | 'folder'> {
  readonly train: Dataset;
  readonly test: Dataset | undefined;
}

/** When an event was, and how long what it is about took. */
export interface Timing {
  /** ISO 8601. */
  readonly time: string;
  readonly seconds: number;
  /** Spent on training since this process began. */
  readonly trainingMs: number;
}

export interface TestMetrics {
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
}

export class RunReport {
  readonly #run: ReportedRun;
  readonly #plan: RunPlan;
  /** The step from which this process has trained. */
  #firstStep: number;
  /** What the last epoch that was told had come to. */
  #told = { step: 0, trainingMs: 0 };

  constructor(run: ReportedRun, plan: RunPlan) {
    this.#run = run;
    this.#plan = plan;
    this.#firstStep = run.step;
  }

  get dataset(): RunStartEvent['dataset'] {
    const { train, test, datasetSha256 } = this.#run;
    return {
      name: train.name,
      train: train.samples,
      test: test?.samples ?? 0,
      sha256: datasetSha256,
    };
  }

  /** @param step where it goes on: workers may hold a newer one than the last checkpoint */
  runStart(time: string, workers: number, step: number): RunStartEvent {
    const { name, config } = this.#run;
    this.#firstStep = step;
    return {
      event: 'run-start',
      time,
      run: name,
      dataset: this.dataset,
      parameters: parameterCount(this.#plan.layout),
      seed: config.seed,
      batchSize: config.batchSize,
      shards: config.shards,
      workers,
      epochs: config.epochs,
      step,
      engine: wasm.hash,
    };
  }

  epochEnd(evaluation: EvaluatedStep, { time, seconds, trainingMs }: Timing): EpochEndEvent {
    const { step, epochLoss, weightsHash } = evaluation;
    const { stepsPerEpoch } = this.#plan;
    const samples = this.samplesAt(step) - this.samplesAt(step - stepsPerEpoch);
    const told = this.#told;
    // An epoch that an earlier process trained took this one no time.
    if (trainingMs > 0) this.#told = { step, trainingMs };
    return {
      event: 'epoch-end',
      time,
      epoch: step / stepsPerEpoch,
      step,
      samples,
      trainLoss: epochLoss / samples,
      ...this.testMetrics(evaluation),
      seconds,
      samplesPerSecond: Math.round(
        this.samplesPerSecond(
          step,
          trainingMs - told.trainingMs,
          Math.max(told.step, this.#firstStep),
        ),
      ),
      weightsHash,
    };
  }

  runEnd(evaluation: EvaluatedStep, { time, seconds, trainingMs }: Timing): RunEndEvent {
    const { step, weightsHash } = evaluation;
    return {
      event: 'run-end',
      time,
      step,
      samples: this.samplesAt(step),
      weightsHash,
      ...this.testMetrics(evaluation),
      seconds,
      samplesPerSecond: Math.round(this.samplesPerSecond(step, trainingMs)),
      out: this.#run.folder?.path ?? null,
    };
  }

  testMetrics({ test }: EvaluatedStep): TestMetrics {
    const { config, test: data } = this.#run;
    const counts = config.graph.outputs.correct !== undefined;
    return {
      testLoss: test && data ? test.loss / data.samples : null,
      testAccuracy: test && data && counts ? test.correct / data.samples : null,
    };
  }

  samplesAt(step: number): number {
    return samplesSeen(this.#plan.batches, step);
  }

  /** @param since the step from which on training took that time */
  samplesPerSecond(step: number, trainingMs: number, since = this.#firstStep): number {
    const samples = this.samplesAt(step) - this.samplesAt(since);
    return trainingMs > 0 ? (1000 * Math.max(samples, 0)) / trainingMs : 0;
  }
}
