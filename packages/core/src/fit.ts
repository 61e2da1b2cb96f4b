// Training on one thread, on arrays: no file, no thread, and no clock but for `maxSeconds`. What `train` of the trainer
// package does on all cores, with the same bits.

import { checkOptions, type OptionNames, requireCallback } from '@lockstep/errors';
import { samplesSeen } from '@lockstep/tree';
import { beginAlone, type LoneOptions } from './begin-alone.js';
import {
  asksToStop,
  type EpochMetrics,
  type OnEpoch,
  type OnStep,
  viewEpoch,
} from './callbacks.js';
import { traitsOf } from './dataset-traits.js';
import { ConfigError } from './errors.js';
import { evaluateChunks } from './evaluate.js';
import { type EvaluationReport, type MetricValues, reportEvaluation } from './evaluation/report.js';
import { BUFFERS, EPOCH_LOSS, PARAMETERS } from './plan/state-layout.js';
import { evaluatedNames } from './run/datasets.js';
import { nonFiniteError } from './run/non-finite.js';
import type { Parameters } from './run/parameter-values.js';
import { type RunState, readState, readSum } from './run/state.js';
import { RUN_OPTIONS } from './run-options.js';
import { defaultRule } from './stopping/choose-rule.js';
import { judge, UNJUDGED } from './stopping/judge.js';
import type { Stopped } from './stopping/stop-rule.js';
import { TrainedModel } from './trained/trained-model.js';

/** What `fit` takes. */
export interface FitOptions extends LoneOptions {
  /** Called after each step; `'stop'` ends the run. */
  readonly onStep?: OnStep | undefined;
  /** Called after each epoch; `'stop'` ends the run. */
  readonly onEpoch?: OnEpoch | undefined;
}

const FIT_OPTIONS: OptionNames<FitOptions> = {
  ...RUN_OPTIONS,
  parameters: true,
  onStep: true,
  onEpoch: true,
  onWarning: true,
  backend: true,
};

/** What `fit` gives. */
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
