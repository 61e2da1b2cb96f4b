// A run on one thread before its first step: checked, laid out in memory, its state written.

import { requireCallback } from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import type { DatasetInput } from './dataset.js';
import { checkTargets } from './losses/check-targets.js';
import { lossWarnings, type OnWarning, tellWarnings } from './losses/warnings.js';
import { chooseMetrics } from './metrics/built-in.js';
import type { Metric } from './metrics/metric.js';
import { reportedMetrics } from './network/reported-metrics.js';
import { chooseBackend } from './run/backend.js';
import { type Datasets, evaluatedNames, type RunData } from './run/datasets.js';
import { EpochOrder } from './run/epoch-order.js';
import type { ParametersInput } from './run/given-parameters.js';
import { Replica } from './run/replica.js';
import { planRun, type RunConfig, type RunPlan } from './run/run-plan.js';
import { shardWarnings } from './run/shard-warnings.js';
import { type PartialStart, startState } from './run/start-from.js';
import { writeState } from './run/state.js';
import { Stepper } from './run/step.js';
import { stepAlone } from './run/step-alone.js';
import { withValidation } from './run/validation.js';
import { checkRunNumbers, type RunOptions, runConfig } from './run-options.js';

/** What one thread is given of a run, whoever takes the steps. */
export interface LoneOptions extends Omit<RunOptions, 'data'> {
  /** One dataset, or several by name: `train` is learnt from, `test` and every other is evaluated after each epoch. */
  readonly data: DatasetInput | RunData;
  /** What to start from, with the model's buffers if it has some, or some of it by `startFrom`; default: drawn from the seed. */
  readonly parameters?: ParametersInput | PartialStart | undefined;
  /** Told what looks wrong with model and loss, before the first step. Default: the console. */
  readonly onWarning?: OnWarning | undefined;
  /** What computes. Default: the WebAssembly kernels. */
  readonly backend?: Backend | undefined;
}

/** What one thread takes steps with, at the beginning of a run. */
export interface LoneRun {
  readonly config: RunConfig;
  readonly datasets: Datasets;
  readonly plan: RunPlan;
  readonly memory: WebAssembly.Memory;
  readonly replica: Replica;
  readonly order: EpochOrder;
  readonly board: ReturnType<typeof stepAlone>['board'];
  readonly stepper: Stepper;
  readonly reported: readonly Metric[];
}

/**
 * Checks everything and lays it out, so that steps can be taken.
 *
 * @param operation for errors
 * @throws as `fit`, before any work
 */
export function beginAlone(operation: string, options: LoneOptions): LoneRun {
  requireCallback(operation, 'onWarning', options.onWarning);
  const backend = chooseBackend(operation, options.backend);
  const { seed } = checkRunNumbers(options, operation);
  const datasets = withValidation(operation, options.data, options.validation, seed);
  const config = runConfig(
    { ...options, data: datasets.train },
    operation,
    evaluatedNames(datasets),
  );
  const metrics = chooseMetrics(operation, options.metrics);
  for (const each of Object.values(datasets)) {
    checkTargets(config.graph, each, options.loss, metrics);
  }
  const warnings = [
    ...lossWarnings(config.graph, options.loss),
    ...shardWarnings(config, datasets.train.samples),
  ];
  tellWarnings(warnings, options.onWarning);
  const plan = planRun(config, datasets, [{ first: 0, end: config.shards }]);
  const memory = backend.createMemory(plan.memory.bytes);
  const state = startState(operation, config.graph, config.seed, options.parameters);
  writeState(plan, memory, 0, state);
  const replica = new Replica(plan, memory, 0, datasets, backend.kernels(memory));
  const order = new EpochOrder(config, datasets.train.samples);
  const share = stepAlone(plan, order.samples);
  const stepper = new Stepper(plan, replica, share);
  const reported = reportedMetrics(operation, config.graph, metrics);
  return { config, datasets, plan, memory, replica, order, board: share.board, stepper, reported };
}
