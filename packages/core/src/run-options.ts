// What makes a run what it is, as it is asked for, and the configuration that comes of it: model traced, defaults filled in, names
// resolved. The same for one thread, for many and for a cluster.
import { type OptionNames, requireBoolean, requireInteger } from '@lockstep/errors';
import { checkShards, defaultShards, MAX_BATCH, stepsPerEpoch } from '@lockstep/tree';
import { type Augmentation, validateAugmentations } from './augment/augmentation.js';
import type { Dataset } from './dataset.js';
import type { Graph } from './graph/graph.js';
import type { Loss, Losses } from './losses/loss.js';
import { chooseMetrics, type MetricChoice } from './metrics/built-in.js';
import type { Model } from './model/model.js';
import { attachLoss } from './network/attach-loss.js';
import { attachMetrics } from './network/attach-metrics.js';
import { reportedMetrics } from './network/reported-metrics.js';
import { toGraph } from './network/to-graph.js';
import { type GroupingOptions, resolveGroups } from './optimizers/groups.js';
import { type OptimizerConfig, validateOptimizer } from './optimizers/optimizer.js';
import { MAX_STEPS, type RunConfig } from './run/run-plan.js';
import type { ValidationChoice } from './run/validation.js';
import { resolveSchedule } from './schedules/schedule.js';
import { chooseRule, STOP_OPTIONS, type StopOptions } from './stopping/choose-rule.js';

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
  /**
   * What is done to training samples each time they are learnt from, in this order, such as `[shift(2), flip()]`: by random
   * numbers of (seed, epoch, sample), so the same on any thread or machine. Evaluations see samples as they are.
   */
  readonly augment?: readonly Augmentation[] | undefined;
  /** A power of two; part of what makes the bits. Default: by batch size, at least 16 samples a shard. */
  readonly shards?: number | undefined;
  /**
   * A dataset that is evaluated after each epoch as `validation`; or a share of the training samples above 0 and below 1,
   * which is split off by the seed, of each class alike where there are class labels.
   */
  readonly validation?: ValidationChoice | undefined;
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
  augment: true,
  shards: true,
  validation: true,
  ...STOP_OPTIONS,
};

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
  const graph = toGraph(model, data);
  const measured = attachLoss(graph, options.loss, data);
  const augment = validateAugmentations(operation, options.augment ?? []);
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
    ...(augment.length > 0 && { augment }),
    ...(typeof validation === 'number' && { validation }),
    ...(stopping && { stopping }),
  };
}
