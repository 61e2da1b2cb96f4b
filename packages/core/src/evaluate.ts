// Evaluation on one thread: loss and accuracy on a dataset.
import { checkOptions, type OptionNames, requireCallback } from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import { type Dataset, type DatasetInput, toDataset } from './dataset.js';
import { alignDataset, type DatasetTraits } from './dataset-traits.js';
import { type MetricValues, metricsOf } from './evaluation/report.js';
import { addChunkSums, type DatasetSums, type NamedSums, sumFault } from './evaluation/sums.js';
import type { Graph } from './graph/graph.js';
import { checkTargets } from './losses/check-targets.js';
import type { Loss, Losses } from './losses/loss.js';
import { lossWarnings, type OnWarning, tellWarnings } from './losses/warnings.js';
import type { MetricChoice } from './metrics/built-in.js';
import type { Metric } from './metrics/metric.js';
import type { Model } from './model/model.js';
import { measure } from './network/reported-metrics.js';
import { toGraphWithLoss } from './network/to-graph.js';
import { sgd } from './optimizers/sgd.js';
import { chooseBackend } from './run/backend.js';
import { type ParametersInput, toParameters } from './run/given-parameters.js';
import type { Parameters } from './run/parameter-values.js';
import { Replica } from './run/replica.js';
import { planRun, type RunPlan } from './run/run-plan.js';
import { givenState, writeState } from './run/state.js';

/** Means over a dataset. */
export interface Metrics {
  readonly loss: number;
  /** Share of samples that are classified right, in [0, 1]; undefined where the loss knows no right. */
  readonly accuracy: number | undefined;
  /** These two, and all others, by name. */
  readonly metrics: MetricValues;
}

/** What an evaluation of one dataset gives. */
export function toMetrics(sums: NamedSums, samples: number, reported: readonly Metric[]): Metrics {
  const metrics = metricsOf(sums, samples, reported);
  const accuracy = metrics.accuracy as number | undefined;
  return { loss: metrics.loss, accuracy, metrics };
}

/**
 * Evaluates all datasets of a plan but the one that is learnt from, with the parameters of `step`.
 *
 * @throws NonFiniteError if a sum is not finite
 */
export function evaluateChunks(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  replica: Replica,
  step: number,
): DatasetSums {
  const chunks = plan.evaluated.at(-1)?.endChunk ?? 0;
  for (let chunk = 0; chunk < chunks; chunk++) replica.chunks.evaluate(chunk, step);
  return collectSums(plan, memory, step);
}

/**
 * The sums over chunks that have all been evaluated with the parameters of `step`.
 *
 * @throws NonFiniteError if one is not finite
 */
export function collectSums(plan: RunPlan, memory: WebAssembly.Memory, step: number): DatasetSums {
  const layout = plan.evaluation.sums;
  const floats = layout.floats * (plan.evaluated.at(-1)?.endChunk ?? 0);
  const chunks = new Float32Array(memory.buffer, plan.memory.chunkSums, floats);
  const sums = addChunkSums(layout, plan.evaluated, chunks);
  const fault = sumFault(step, sums);
  if (fault) throw fault;
  return sums;
}

/** What `evaluate` takes. */
export interface EvaluateOptions {
  /** A model, or its graph, with or without a loss. */
  readonly model: Model | Graph;
  readonly parameters: ParametersInput;
  readonly data: DatasetInput;
  /** Left out where the graph has one. */
  readonly loss?: Loss | Losses | undefined;
  /** Names of metrics, and metrics of one's own, besides those that the loss and the graph have. */
  readonly metrics?: readonly MetricChoice[] | undefined;
  /** What the parameters were trained on: data that is laid out otherwise or has other classes is refused. */
  readonly trainedOn?: DatasetTraits | undefined;
  /** Told what looks wrong with model and loss. Default: the console. */
  readonly onWarning?: OnWarning | undefined;
  /** What computes. Default: the WebAssembly kernels. */
  readonly backend?: Backend | undefined;
}

/** For whoever adds options of their own. */
export const EVALUATE_OPTIONS: OptionNames<EvaluateOptions> = {
  ...{ model: true, parameters: true, data: true, loss: true, trainedOn: true, onWarning: true },
  ...{ metrics: true, backend: true },
};

/**
 * Mean loss and accuracy of a model on a dataset, on one thread; dropout is off.
 *
 * @throws ConfigError, ShapeError, DataError or NonFiniteError if model, parameters and data do not fit together
 */
export function evaluate(options: EvaluateOptions): Metrics {
  checkOptions('evaluate', options, EVALUATE_OPTIONS);
  requireCallback('evaluate', 'onWarning', options.onWarning);
  const backend = chooseBackend('evaluate', options.backend);
  const data = comparableData('evaluate', options.data, options.trainedOn);
  const parameters = toParameters('evaluate', options.parameters);
  const network = toGraphWithLoss(
    'evaluate',
    options.model,
    options.loss,
    options.trainedOn ?? data,
    data,
  );
  const { graph, reported } = measure('evaluate', network, options.metrics, data, options.loss);
  checkTargets(graph, data, options.loss, reported);
  tellWarnings(lossWarnings(graph, options.loss), options.onWarning);
  const { plan, memory, replica } = prepare(backend, graph, parameters, data);
  const { data: sums } = evaluateChunks(plan, memory, replica, 0);
  return toMetrics(sums!, data.samples, reported);
}

/** @throws DataError or ShapeError if data does not agree with itself, or with what the network was trained on */
export function comparableData(
  operation: string,
  given: DatasetInput,
  trainedOn: DatasetTraits | undefined,
  of?: string,
): Dataset {
  const data = toDataset(operation, given);
  return trainedOn ? alignDataset(operation, 'the data', data, trainedOn, of) : data;
}

function prepare(
  backend: Backend,
  graph: Graph,
  parameters: Parameters,
  data: Dataset,
): { plan: RunPlan; memory: WebAssembly.Memory; replica: Replica } {
  const config = {
    graph,
    optimizer: sgd(),
    seed: 0,
    batchSize: 1,
    shards: 1,
    epochs: 0,
    shuffle: false,
    dropLast: false,
  };
  const datasets = { train: data, data };
  const plan = planRun(config, datasets, [{ first: 0, end: 1 }]);
  const memory = backend.createMemory(plan.memory.bytes);
  writeState(plan, memory, 0, givenState(graph, parameters));
  return { plan, memory, replica: new Replica(plan, memory, 0, datasets, backend.kernels(memory)) };
}
