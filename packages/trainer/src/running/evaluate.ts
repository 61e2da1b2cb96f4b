// Evaluation of given weights on this machine's cores.
import {
  ConfigError,
  type Metrics,
  type EvaluateOptions as OneThreadOptions,
  sgd,
  TrainedModel,
} from '@lockstep/core';
import {
  checkTargets,
  comparableData,
  EVALUATE_OPTIONS,
  givenState,
  lossWarnings,
  measure,
  planEvaluation,
  tellWarnings,
  toEvaluate,
  toGraphWithLoss,
  toMetrics,
  toParameters,
} from '@lockstep/core/internal';
import { shareDatasets } from '@lockstep/data';
import { checkOptions, describeValue, type OptionNames, requireCallback } from '@lockstep/errors';
import { Engine } from '../computing/engine.js';
import { ThreadedCompute } from '../computing/threaded-compute.js';
import { availableThreads } from './available-threads.js';
import { BACKEND_OPTIONS, type BackendOptions, runBackend } from './run-backend.js';
import { THREAD_COUNT, type ThreadCount, threadCount } from './thread-count.js';

/** As core's, on threads; what was trained on is what `loadRunWeights` gives. */
export interface EvaluateOptions extends OneThreadOptions, ThreadCount, BackendOptions {
  readonly trained?: undefined;
}

/** A trained model says its network, its weights and what it was trained on itself. */
export interface EvaluateTrainedOptions
  extends Omit<EvaluateOptions, 'model' | 'parameters' | 'trainedOn' | 'trained'> {
  readonly trained: TrainedModel;
  readonly model?: undefined;
  readonly parameters?: undefined;
  readonly trainedOn?: undefined;
}

const OPTIONS: OptionNames<EvaluateOptions> = {
  ...EVALUATE_OPTIONS,
  ...THREAD_COUNT,
  ...BACKEND_OPTIONS,
  trained: true,
};

/** What a dataset comes to. */
export interface Evaluation extends Metrics {
  readonly samples: number;
}

/** Evaluation chunks are dealt like shards: so many threads may take part. */
const CHUNK_SHARDS = 64;

/**
 * Mean loss and accuracy of a model on a dataset; dropout is off.
 *
 * @param given a model and its weights, or a trained model
 * @throws ConfigError, ShapeError, DataError or NonFiniteError if model, parameters and data do not fit together, or the
 *   loss is not finite
 */
export async function evaluate(
  given: EvaluateOptions | EvaluateTrainedOptions,
): Promise<Evaluation> {
  checkOptions<object>('evaluate', given, OPTIONS);
  const options = given.trained === undefined ? given : ofTrained(given);
  const threads = threadCount('evaluate', options) ?? availableThreads().threads;
  requireCallback('evaluate', 'onWarning', options.onWarning);
  const backend = runBackend('evaluate', options);
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
  const engine = new Engine({
    backend,
    config: {
      graph,
      optimizer: sgd(),
      seed: 0,
      batchSize: CHUNK_SHARDS,
      shards: CHUNK_SHARDS,
      epochs: 0,
      shuffle: false,
      dropLast: false,
    },
    datasets: shareDatasets({ train: data, data }),
    threads: Math.min(threads, Math.ceil(data.samples / planEvaluation(graph).rows)),
    compute: (setting, place) => new ThreadedCompute(setting, place),
    isAlone: true,
  });
  engine.writeState(0, givenState(graph, parameters));
  try {
    const { data: sums } = await engine.evaluate();
    return { ...toMetrics(sums!, data.samples, reported), samples: data.samples };
  } finally {
    await engine.close();
  }
}

function ofTrained(options: EvaluateTrainedOptions): EvaluateOptions {
  const { trained, ...others } = options;
  if (!(trained instanceof TrainedModel)) {
    throw new ConfigError(
      `evaluate: trained is ${describeValue(trained)}, expected a trained model, as loadModel and train give it`,
    );
  }
  const twice = (['model', 'parameters', 'trainedOn'] as const).find(
    (name) => name in others && others[name] !== undefined,
  );
  if (twice) {
    throw new ConfigError(`evaluate: ${twice} is the trained model's own; leave it out`);
  }
  return { ...others, ...toEvaluate(trained, others.loss) };
}
