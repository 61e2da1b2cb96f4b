// Evaluation of given weights on this machine's cores.
import { type Metrics, type EvaluateOptions as OneThreadOptions, sgd } from '@lockstep/core';
import {
  checkTargets,
  chooseBackend,
  comparableData,
  EVALUATE_OPTIONS,
  EVALUATION_ROWS,
  givenState,
  measure,
  tellWarnings,
  toGraphWithLoss,
  toMetrics,
  toParameters,
} from '@lockstep/core/internal';
import { shareDatasets } from '@lockstep/data';
import { checkOptions, type OptionNames, requireCallback } from '@lockstep/errors';
import { Engine } from '../computing/engine.js';
import { ThreadedCompute } from '../computing/threaded-compute.js';
import { availableThreads } from './available-threads.js';
import { THREAD_COUNT, type ThreadCount, threadCount } from './thread-count.js';

/** As core's, on threads; what was trained on is what `loadRunWeights` gives. */
export interface EvaluateOptions extends OneThreadOptions, ThreadCount {}

const OPTIONS: OptionNames<EvaluateOptions> = { ...EVALUATE_OPTIONS, ...THREAD_COUNT };

export interface Evaluation extends Metrics {
  readonly samples: number;
}

/** Evaluation chunks are dealt like shards: so many threads may take part. */
const CHUNK_SHARDS = 64;

/**
 * Mean loss and accuracy of a model on a dataset; dropout is off.
 *
 * @throws ConfigError, ShapeError, DataError or NonFiniteError if model, parameters and data do not fit together, or the
 *   loss is not finite
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  checkOptions('evaluate', options, OPTIONS);
  const cores = availableThreads().threads;
  const threads = threadCount('evaluate', options) ?? cores;
  requireCallback('evaluate', 'onWarning', options.onWarning);
  const backend = chooseBackend('evaluate', options.backend);
  const data = comparableData('evaluate', options.data, options.trainedOn);
  const parameters = toParameters('evaluate', options.parameters);
  const { inputShape } = options.trainedOn ?? data;
  const network = toGraphWithLoss('evaluate', options.model, options.loss, inputShape, data);
  const { graph, reported } = measure('evaluate', network, options.metrics, data, options.loss);
  checkTargets(graph, data, options.loss, reported);
  tellWarnings(graph, options.loss, options.onWarning);
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
    threads: Math.min(threads, Math.ceil(data.samples / EVALUATION_ROWS)),
    cores,
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
