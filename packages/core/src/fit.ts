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
import { checkShards, defaultShards, MAX_BATCH } from '@lockstep/tree';
import { type Dataset, type DatasetInput, toDataset } from './dataset.js';
import { alignDataset } from './dataset-traits.js';
import { evaluateChunks, type Metrics } from './evaluate.js';
import type { Graph } from './graph/graph.js';
import { checkTargets } from './losses/check-targets.js';
import type { Loss } from './losses/loss.js';
import { type OnWarning, tellWarnings } from './losses/warnings.js';
import type { Model } from './model/model.js';
import { traceModel } from './model/trace.js';
import { attachLoss } from './network/attach-loss.js';
import { validateGraph } from './network/validate.js';
import { type OptimizerConfig, validateOptimizer } from './optimizers/optimizer.js';
import { EPOCH_LOSS, PARAMETERS } from './plan/state-layout.js';
import { chooseBackend } from './run/backend.js';
import { EpochOrder } from './run/epoch-order.js';
import { type ParametersInput, toParameters } from './run/given-parameters.js';
import { wholeSum } from './run/held-blocks.js';
import { nonFiniteError } from './run/non-finite.js';
import { initialParameters, type Parameters } from './run/parameter-values.js';
import { Replica } from './run/replica.js';
import { MAX_STEPS, planRun, type RunConfig } from './run/run-plan.js';
import { readSum, readTensors, startState, writeState } from './run/state.js';
import { Stepper } from './run/step.js';
import { stepAlone } from './run/step-alone.js';

/** What makes a run what it is, besides what it starts from; the same for `fit` and on threads. */
export interface RunOptions {
  /** A model, or its graph as `traceModel` or a JSON file gives it. */
  readonly model: Model | Graph;
  readonly data: Dataset;
  readonly loss: Loss;
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
  readonly model: Model;
  readonly data: DatasetInput;
  /** Evaluated after each epoch. */
  readonly test?: DatasetInput | undefined;
  /** What to start from; default: drawn from the seed. */
  readonly parameters?: ParametersInput | undefined;
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
  optimizer: true,
  batchSize: true,
  epochs: true,
  seed: true,
  shuffle: true,
  dropLast: true,
  shards: true,
};

const FIT_OPTIONS: OptionNames<FitOptions> = {
  ...RUN_OPTIONS,
  test: true,
  parameters: true,
  onEpoch: true,
  onWarning: true,
  backend: true,
};

export interface EpochMetrics {
  /** From 1. */
  readonly epoch: number;
  /** Steps since the start of the run. */
  readonly step: number;
  /** Mean loss over the epoch's samples, each taken before the step that learnt from it. */
  readonly trainLoss: number;
  /** On the test data, after the epoch. */
  readonly test?: Metrics;
}

export interface FitResult {
  readonly parameters: Parameters;
  readonly epochs: readonly EpochMetrics[];
}

/**
 * Trains a model on one thread, and returns when it is done.
 *
 * @throws ConfigError, ShapeError, GraphError or DataError before any work, if the parts do not fit together
 * @throws NonFiniteError if a loss, gradient or parameter becomes NaN or infinite
 */
export function fit(options: FitOptions): FitResult {
  checkOptions('fit', options, FIT_OPTIONS);
  requireCallback('fit', 'onEpoch', options.onEpoch);
  requireCallback('fit', 'onWarning', options.onWarning);
  const backend = chooseBackend('fit', options.backend);
  checkRunNumbers(options, 'fit');
  const data = toDataset('fit', options.data);
  const test = options.test && testDataFor('fit', data, options.test);
  const config = runConfig({ ...options, data }, 'fit');
  for (const set of test ? [data, test] : [data]) checkTargets(config.graph, set, options.loss);
  tellWarnings(config.graph, options.loss, options.onWarning);
  const plan = planRun(config, data, test, [{ first: 0, end: config.shards }]);
  const memory = backend.createMemory(plan.memory.bytes);
  const parameters =
    options.parameters === undefined
      ? initialParameters(config.graph, config.seed)
      : toParameters('fit', options.parameters);
  writeState(plan, memory, 0, startState(parameters));
  const replica = new Replica(plan, memory, 0, data, backend.kernels(memory));
  const order = new EpochOrder(config, data.samples);
  const share = stepAlone(plan, order.samples);
  const stepper = new Stepper(plan, replica, share);
  const sum = wholeSum(plan);
  const epochs: EpochMetrics[] = [];
  let step = 0;
  for (let epoch = 0; epoch < config.epochs; epoch++) {
    order.prepare(epoch);
    for (let index = 0; index < plan.stepsPerEpoch; index++, step++) {
      stepper.take(step, sum);
      const { isNonFinite, loss } = share.board;
      if (isNonFinite) throw nonFiniteError(plan, memory, step, sum, loss);
    }
    const samples = Math.min(data.samples, plan.stepsPerEpoch * config.batchSize);
    const metrics: EpochMetrics = {
      epoch: epoch + 1,
      step,
      trainLoss: readSum(plan, memory, step, EPOCH_LOSS) / samples,
      ...(test && { test: evaluateChunks(plan, memory, replica, test, step) }),
    };
    epochs.push(metrics);
    options.onEpoch?.(metrics);
  }
  return { parameters: readTensors(plan, memory, step, PARAMETERS), epochs };
}

/**
 * Test data as the network takes it that is trained on `train`.
 *
 * @throws DataError or ShapeError if it does not agree with itself, or with the training data
 */
export function testDataFor(operation: string, train: Dataset, test: DatasetInput): Dataset {
  const role = 'the test data';
  return alignDataset(operation, role, toDataset(operation, test, role), train);
}

type RunNumbers = Omit<RunOptions, 'model' | 'data' | 'loss' | 'optimizer'>;

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
  const graph = isGraph(model) ? validateGraph(model) : traceModel(model, data.inputShape);
  return {
    graph: attachLoss(graph, options.loss, data),
    optimizer: validateOptimizer(options.optimizer),
    seed: numbers.seed,
    batchSize: numbers.batchSize,
    shards: numbers.shards,
    epochs: numbers.epochs,
    shuffle: numbers.shuffle,
    dropLast: numbers.dropLast,
  };
}

function isGraph(model: Model | Graph): model is Graph {
  return typeof model === 'object' && model !== null;
}
