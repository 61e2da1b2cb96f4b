// Training on one thread, on arrays: no file, no thread, and no clock but for `maxSeconds`. What `train` of the trainer
// package does on all cores, with the same bits.
import {
  checkOptions,
  type OptionNames,
  requireBoolean,
  requireCallback,
  requireInteger,
} from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import { checkShards, defaultShards, MAX_BATCH, samplesSeen, stepsPerEpoch } from '@lockstep/tree';
import {
  asksToStop,
  type EpochMetrics,
  type OnEpoch,
  type OnStep,
  viewEpoch,
} from './callbacks.js';
import type { Dataset, DatasetInput } from './dataset.js';
import { traitsOf } from './dataset-traits.js';
import { ConfigError } from './errors.js';
import { evaluateChunks } from './evaluate.js';
import { type EvaluationReport, type MetricValues, reportEvaluation } from './evaluation/report.js';
import type { Graph } from './graph/graph.js';
import { checkTargets } from './losses/check-targets.js';
import type { Loss, Losses } from './losses/loss.js';
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
import { type Datasets, evaluatedNames, type RunData } from './run/datasets.js';
import { EpochOrder } from './run/epoch-order.js';
import type { ParametersInput } from './run/given-parameters.js';
import { nonFiniteError } from './run/non-finite.js';
import type { Parameters } from './run/parameter-values.js';
import { Replica } from './run/replica.js';
import { MAX_STEPS, planRun, type RunConfig, type RunPlan } from './run/run-plan.js';
import { type PartialStart, startState } from './run/start-from.js';
import { type RunState, readState, readSum, writeState } from './run/state.js';
import { Stepper } from './run/step.js';
import { stepAlone } from './run/step-alone.js';
import { type ValidationChoice, withValidation } from './run/validation.js';
import { resolveSchedule } from './schedules/schedule.js';
import { chooseRule, defaultRule, STOP_OPTIONS, type StopOptions } from './stopping/choose-rule.js';
import { judge, UNJUDGED } from './stopping/judge.js';
import type { Stopped } from './stopping/stop-rule.js';
import { TrainedModel } from './trained/trained-model.js';

/** What makes a run what it is, besides what it starts from; the same for `fit` and on threads. */
export interface RunOptions extends GroupingOptions, StopOptions {
  /** A model, or its graph as `traceModel` or a JSON file gives it. */
  readonly model: Model | Graph;
  readonly data: Dataset;
  /** Of a model that gives outputs by name, a loss for each that is learnt, by name. */
  readonly loss: Loss | Losses;
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
  /**
   * A dataset that is evaluated after each epoch as `validation`; or a share of the training samples above 0 and below 1,
   * which is split off by the seed, of each class alike where there are class labels.
   */
  readonly validation?: ValidationChoice | undefined;
}

export interface FitOptions extends Omit<RunOptions, 'data'> {
  /** One dataset, or several by name: `train` is learnt from, `test` and every other is evaluated after each epoch. */
  readonly data: DatasetInput | RunData;
  /** What to start from, with the model's buffers if it has some, or some of it by `startFrom`; default: drawn from the seed. */
  readonly parameters?: ParametersInput | PartialStart | undefined;
  /** Called after each step; `'stop'` ends the run. */
  readonly onStep?: OnStep | undefined;
  /** Called after each epoch; `'stop'` ends the run. */
  readonly onEpoch?: OnEpoch | undefined;
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
  validation: true,
  ...STOP_OPTIONS,
};

const FIT_OPTIONS: OptionNames<FitOptions> = {
  ...RUN_OPTIONS,
  parameters: true,
  onStep: true,
  onEpoch: true,
  onWarning: true,
  backend: true,
};

export interface FitResult {
  /** The model with what it has learnt: it answers, and can be kept. */
  readonly trained: TrainedModel;
  readonly parameters: Parameters;
  /** What the model keeps besides; `evaluate` and `predict` take it among the parameters. Mostly empty. */
  readonly buffers: Parameters;
  readonly epochs: readonly EpochMetrics[];
  /** What an evaluation of these parameters tells. */
  readonly metrics: MetricValues;
  /** Why the run ended. */
  readonly stopped: Stopped;
  /** By the monitored metric, from 1; null where nothing is evaluated, or no epoch came to its end. */
  readonly bestEpoch: number | null;
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
  requireCallback('fit', 'onStep', options.onStep);
  requireCallback('fit', 'onEpoch', options.onEpoch);
  const { onStep, onEpoch } = options;
  const begun = beginAlone('fit', options);
  const { config, datasets, plan, memory, replica, order, board, stepper, reported } = begun;
  const read = (): RunState => readState(plan, memory, step);
  const evaluated = (): EvaluationReport =>
    reportEvaluation(plan.evaluated, evaluateChunks(plan, memory, replica, step), reported);
  const rule = config.stopping ?? defaultRule(evaluatedNames(datasets));
  const deadline =
    rule.maxSeconds === null ? undefined : performance.now() + 1000 * rule.maxSeconds;
  const epochs: EpochMetrics[] = [];
  let judgement = UNJUDGED;
  let best: RunState | undefined;
  let stopped: Stopped | undefined;
  let step = 0;
  while (stopped === undefined && step < plan.steps) {
    const epoch = Math.floor(step / plan.stepsPerEpoch) + 1;
    order.prepare(epoch - 1);
    do {
      stepper.take(step);
      const { isNonFinite, loss } = board;
      if (isNonFinite) throw nonFiniteError(plan, memory, step, loss);
      step++;
      if (onStep) {
        const taken = samplesSeen(plan.batches, step) - samplesSeen(plan.batches, step - 1);
        const answer = onStep({ step, epoch, loss: loss / taken });
        if (asksToStop('fit', 'onStep', answer)) stopped = 'asked';
      }
      if (deadline !== undefined && performance.now() >= deadline) stopped ??= 'time';
    } while (stopped === undefined && step % plan.stepsPerEpoch !== 0);
    if (step % plan.stepsPerEpoch !== 0) break;
    const samples = Math.min(datasets.train.samples, plan.stepsPerEpoch * config.batchSize);
    const trainLoss = readSum(plan, memory, step, EPOCH_LOSS) / samples;
    const told: EpochMetrics = { epoch, step, trainLoss, ...evaluated() };
    epochs.push(told);
    judgement = judge(rule, judgement, told);
    if (rule.keep === 'best' && judgement.best?.epoch === epoch) best = read();
    if (asksToStop('fit', 'onEpoch', onEpoch?.(viewEpoch(told, read)))) stopped = 'asked';
    stopped = judgement.stopped ?? stopped;
  }
  const bestEpoch = judgement.best?.epoch ?? null;
  const { tensors } = best ?? read();
  const told = best ? epochs[bestEpoch! - 1] : epochs.at(-1);
  const isTold = best !== undefined || told?.step === step;
  const parameters = tensors.get(PARAMETERS)!;
  const buffers = tensors.get(BUFFERS) ?? new Map();
  const { graph } = config;
  const { backend } = options;
  return {
    trained: new TrainedModel({
      graph,
      parameters,
      buffers,
      traits: traitsOf(datasets.train),
      backend,
    }),
    parameters,
    buffers,
    epochs,
    metrics: isTold ? told!.metrics : step > 0 ? evaluated().metrics : {},
    stopped: stopped ?? 'epochs',
    bestEpoch,
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
export function beginAlone(
  operation: string,
  options: Omit<FitOptions, 'onStep' | 'onEpoch'>,
): LoneRun {
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

type RunNumbers = Pick<
  RunOptions,
  'batchSize' | 'epochs' | 'seed' | 'shuffle' | 'dropLast' | 'shards'
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
 * @param evaluated names of the datasets that are evaluated after each epoch
 * @throws ConfigError, ShapeError or GraphError if the parts do not fit together, or a number is out of its range
 */
export function runConfig(
  options: RunOptions,
  operation = 'train',
  evaluated: readonly string[] = [],
): RunConfig {
  const { data, model, validation } = options;
  const numbers = checkRunNumbers(options, operation);
  const graph = toGraph(model, data.inputShape, data.inputParts);
  const measured = attachLoss(graph, options.loss, data);
  const metrics = chooseMetrics(operation, options.metrics);
  const reporting = attachMetrics(measured, metrics, data, options.loss);
  const told = reportedMetrics(operation, reporting, metrics);
  const stopping = chooseRule(operation, options, evaluated, told);
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
    graph: reporting,
    optimizer,
    ...(groups.length > 0 && { groups }),
    seed: numbers.seed,
    batchSize: numbers.batchSize,
    shards: numbers.shards,
    epochs: numbers.epochs,
    shuffle: numbers.shuffle,
    dropLast: numbers.dropLast,
    ...(typeof validation === 'number' && { validation }),
    ...(stopping && { stopping }),
  };
}
