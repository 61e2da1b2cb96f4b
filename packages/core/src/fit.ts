// Training on one thread, on arrays: no file, no clock, no thread. What `train` of the trainer package does
// on all cores, with the same bits.
import {
  checkOptions,
  type OptionNames,
  requireBoolean,
  requireCallback,
  requireInteger,
} from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import { checkShards, defaultShards, MAX_BATCH, stepsPerEpoch } from '@lockstep/tree';
import type { Dataset, DatasetInput } from './dataset.js';
import { traitsOf } from './dataset-traits.js';
import { ConfigError } from './errors.js';
import { evaluateChunks } from './evaluate.js';
import { type EvaluationReport, type MetricValues, reportEvaluation } from './evaluation/report.js';
import type { Graph } from './graph/graph.js';
import { checkTargets } from './losses/check-targets.js';
import type { Loss } from './losses/loss.js';
import { type OnWarning, tellWarnings } from './losses/warnings.js';
import { chooseMetrics, type MetricChoice } from './metrics/built-in.js';
import type { Metric } from './metrics/metric.js';
import type { Model } from './model/model.js';
import { attachLoss } from './network/attach-loss.js';
import { attachMetrics } from './network/attach-metrics.js';
import { reportedMetrics } from './network/reported-metrics.js';
import { toGraph } from './network/to-graph.js';
import { type GroupingOptions, resolveGroups } from './optimizers/groups.js';
import { type OptimizerConfig, validateOptimizer } from './optimizers/optimizer.js';
import { BUFFERS, EPOCH_LOSS, PARAMETERS } from './plan/state-layout.js';
import { chooseBackend } from './run/backend.js';
import { type Datasets, type RunData, toDatasets } from './run/datasets.js';
import { EpochOrder } from './run/epoch-order.js';
import type { ParametersInput } from './run/given-parameters.js';
import { nonFiniteError } from './run/non-finite.js';
import type { Parameters } from './run/parameter-values.js';
import { Replica } from './run/replica.js';
import { MAX_STEPS, planRun, type RunConfig, type RunPlan } from './run/run-plan.js';
import { type PartialStart, startState } from './run/start-from.js';
import { readState, readSum, writeState } from './run/state.js';
import { Stepper } from './run/step.js';
import { stepAlone } from './run/step-alone.js';
import { resolveSchedule } from './schedules/schedule.js';
import { TrainedModel } from './trained/trained-model.js';

/** What makes a run what it is, besides what it starts from; the same for `fit` and on threads. */
export interface RunOptions extends GroupingOptions {
  /** A model, or its graph as `traceModel` or a JSON file gives it. */
  readonly model: Model | Graph;
  readonly data: Dataset;
  readonly loss: Loss;
  /** Names of metrics, and metrics of one's own, that evaluations tell besides the loss's. */
  readonly metrics?: readonly MetricChoice[] | undefined;
  readonly optimizer: OptimizerConfig;
  /** Samples of a step: 1 is stochastic gradient descent, data.samples is batch gradient descent. Default 64. */
  readonly batchSize?: number | undefined;
  /** Default 1. */
  readonly epochs?: number | undefined;
  /** An integer in [0, 2^53). Default 0. */
  readonly seed?: number | undefined;
  /** Default true: another order in each epoch, by (seed, epoch). */
  readonly shuffle?: boolean | undefined;
  /** Leave out an epoch's last batch if it is short. Default false. */
  readonly dropLast?: boolean | undefined;
  /** A power of two; part of what makes the bits. Default: by batch size, at least 16 samples a shard. */
  readonly shards?: number | undefined;
}

export interface FitOptions extends Omit<RunOptions, 'data'> {
  /** One dataset, or several by name: `train` is learnt from, `test` and every other is evaluated after each epoch. */
  readonly data: DatasetInput | RunData;
  /** What to start from, with the model's buffers if it has some, or some of it by `startFrom`; default: drawn from the seed. */
  readonly parameters?: ParametersInput | PartialStart | undefined;
  readonly onEpoch?: ((metrics: EpochMetrics) => void) | undefined;
  /** Told what looks wrong with model and loss, before the first step. Default: the console. */
  readonly onWarning?: OnWarning | undefined;
  /** What computes. Default: the WebAssembly kernels. */
  readonly backend?: Backend | undefined;
}

/** The names of what makes a run, for whoever adds options of their own. */
export const RUN_OPTIONS: OptionNames<RunOptions> = {
  model: true,
  data: true,
  loss: true,
  metrics: true,
  optimizer: true,
  trainable: true,
  groups: true,
  batchSize: true,
  epochs: true,
  seed: true,
  shuffle: true,
  dropLast: true,
  shards: true,
};

const FIT_OPTIONS: OptionNames<FitOptions> = {
  ...RUN_OPTIONS,
  parameters: true,
  onEpoch: true,
  onWarning: true,
  backend: true,
};

export interface EpochMetrics extends EvaluationReport {
  /** From 1. */
  readonly epoch: number;
  /** Steps since the start of the run. */
  readonly step: number;
  /** Mean loss over the epoch's samples, each taken before the step that learnt from it. */
  readonly trainLoss: number;
}

export interface FitResult {
  /** The model with what it has learnt: it answers, and can be kept. */
  readonly trained: TrainedModel;
  readonly parameters: Parameters;
  /** What the model keeps besides; `evaluate` and `predict` take it among the parameters. Mostly empty. */
  readonly buffers: Parameters;
  readonly epochs: readonly EpochMetrics[];
  /** What was told after the last epoch. */
  readonly metrics: MetricValues;
}

/**
 * Trains a model on one thread, and returns when it is done.
 *
 * @throws ConfigError, ShapeError, GraphError or DataError before any work, if the parts do not fit together
 * @throws NonFiniteError if a loss, gradient or parameter becomes NaN or infinite
 */
export function fit(options: FitOptions): FitResult {
  if (Object.hasOwn(Object(options), 'test')) {
    throw new ConfigError(
      'fit: test is no option of its own; give test data beside the training data, as data: { train, test }',
    );
  }
  checkOptions('fit', options, FIT_OPTIONS);
  requireCallback('fit', 'onEpoch', options.onEpoch);
  const { config, datasets, plan, memory, replica, order, board, stepper, reported } = beginAlone(
    'fit',
    options,
  );
  const data = datasets.train;
  const epochs: EpochMetrics[] = [];
  let step = 0;
  for (let epoch = 0; epoch < config.epochs; epoch++) {
    order.prepare(epoch);
    for (let index = 0; index < plan.stepsPerEpoch; index++, step++) {
      stepper.take(step);
      const { isNonFinite, loss } = board;
      if (isNonFinite) throw nonFiniteError(plan, memory, step, loss);
    }
    const samples = Math.min(data.samples, plan.stepsPerEpoch * config.batchSize);
    const told: EpochMetrics = {
      epoch: epoch + 1,
      step,
      trainLoss: readSum(plan, memory, step, EPOCH_LOSS) / samples,
      ...reportEvaluation(plan.evaluated, evaluateChunks(plan, memory, replica, step), reported),
    };
    epochs.push(told);
    options.onEpoch?.(told);
  }
  const { tensors } = readState(plan, memory, step);
  const parameters = tensors.get(PARAMETERS)!;
  const buffers = tensors.get(BUFFERS) ?? new Map();
  const { graph } = config;
  const { backend } = options;
  return {
    trained: new TrainedModel({ graph, parameters, buffers, traits: traitsOf(data), backend }),
    parameters,
    buffers,
    epochs,
    metrics: epochs.at(-1)?.metrics ?? {},
  };
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
export function beginAlone(operation: string, options: Omit<FitOptions, 'onEpoch'>): LoneRun {
  requireCallback(operation, 'onWarning', options.onWarning);
  const backend = chooseBackend(operation, options.backend);
  checkRunNumbers(options, operation);
  const datasets = toDatasets(operation, options.data);
  const config = runConfig({ ...options, data: datasets.train }, operation);
  const metrics = chooseMetrics(operation, options.metrics);
  for (const each of Object.values(datasets)) {
    checkTargets(config.graph, each, options.loss, metrics);
  }
  tellWarnings(config.graph, options.loss, options.onWarning);
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

type RunNumbers = Omit<
  RunOptions,
  'model' | 'data' | 'loss' | 'metrics' | 'optimizer' | keyof GroupingOptions
>;

/**
 * Looks at what can be wrong without the data, and fills in the defaults.
 *
 * @throws ConfigError that names the option and its range
 */
export function checkRunNumbers(
  options: RunNumbers,
  operation: string,
): Required<{ [Name in keyof RunNumbers]: NonNullable<RunNumbers[Name]> }> {
  const { batchSize = 64, epochs = 1, seed = 0, shuffle = true, dropLast = false } = options;
  requireInteger(operation, 'batchSize', batchSize, 1, MAX_BATCH);
  const { shards = defaultShards(batchSize) } = options;
  checkShards(shards, operation);
  requireInteger(operation, 'epochs', epochs, 0, MAX_STEPS);
  requireInteger(operation, 'seed', seed, 0);
  requireBoolean(operation, 'shuffle', shuffle);
  requireBoolean(operation, 'dropLast', dropLast);
  return { batchSize, shards, epochs, seed, shuffle, dropLast };
}

/**
 * Traces the model and fills in the defaults.
 *
 * @param operation for errors
 * @throws ConfigError, ShapeError or GraphError if the parts do not fit together, or a number is out of its range
 */
export function runConfig(options: RunOptions, operation = 'train'): RunConfig {
  const { data, model } = options;
  const numbers = checkRunNumbers(options, operation);
  const graph = toGraph(model, data.inputShape);
  const measured = attachLoss(graph, options.loss, data);
  const metrics = chooseMetrics(operation, options.metrics);
  const asked = validateOptimizer(options.optimizer);
  const perEpoch = stepsPerEpoch({ ...numbers, samples: data.samples });
  const optimizer = asked.schedule
    ? {
        ...asked,
        schedule: resolveSchedule(asked.schedule, perEpoch, perEpoch * numbers.epochs),
      }
    : asked;
  const names = graph.parameters.map(({ name }) => name);
  const groups = resolveGroups(operation, options, names, optimizer);
  return {
    graph: attachMetrics(measured, metrics, data, options.loss),
    optimizer,
    ...(groups.length > 0 && { groups }),
    seed: numbers.seed,
    batchSize: numbers.batchSize,
    shards: numbers.shards,
    epochs: numbers.epochs,
    shuffle: numbers.shuffle,
    dropLast: numbers.dropLast,
  };
}
