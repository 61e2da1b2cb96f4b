// The metrics that go by their names. What a metric is stands in its own file; this is only the list.
import { ConfigError } from '../errors.js';
import { accuracy } from './accuracy.js';
import { confusionMatrix } from './confusion-matrix.js';
import { f1 } from './f1.js';
import { logLoss } from './log-loss.js';
import { meanAbsoluteError } from './mean-absolute-error.js';
import { checkMetric, forOutput, type Metric, splitMetricName } from './metric.js';
import { outputLoss } from './output-loss.js';
import { perplexity } from './perplexity.js';
import { precision } from './precision.js';
import { rSquared } from './r-squared.js';
import { recall } from './recall.js';
import { rootMeanSquaredError } from './root-mean-squared-error.js';
import { topKAccuracy, topKAccuracyNamed } from './top-k-accuracy.js';

const METRICS: readonly Metric[] = [
  accuracy,
  confusionMatrix,
  ...f1,
  logLoss,
  meanAbsoluteError,
  perplexity,
  ...precision,
  ...recall,
  rootMeanSquaredError,
  rSquared,
  topKAccuracy(5),
];

const BY_NAME: ReadonlyMap<string, Metric> = new Map(METRICS.map((one) => [one.name, one]));

/** Names of the built-in metrics; of `top-5-accuracy` any other number goes, too. */
export function metricNames(): string[] {
  return [...BY_NAME.keys()];
}

/** The built-in metric of that name: of one of several outputs, `<output>.<name>`. */
export function metricNamed(name: string): Metric | undefined {
  const { output, metric } = splitMetricName(name) ?? {};
  if (output === undefined) return BY_NAME.get(name) ?? topKAccuracyNamed(name);
  const found = metric === outputLoss.name ? outputLoss : metricNamed(metric!);
  return found && forOutput(output, found);
}

/** A metric, or the name of one that is built in. */
export type MetricChoice = string | Metric;

/**
 * @param operation for errors
 * @throws ConfigError if a name is none, one's own metric has the name of another, or two have the same
 */
export function chooseMetrics(operation: string, given: readonly MetricChoice[] = []): Metric[] {
  if (!Array.isArray(given)) {
    throw new ConfigError(
      `${operation}: metrics is no list; expected names, or metrics of your own`,
    );
  }
  const metrics = (given as readonly MetricChoice[]).map((one) => {
    if (typeof one !== 'string') return checkMetric(one);
    const found = metricNamed(one);
    if (found) return found;
    throw new ConfigError(
      `${operation}: there is no metric ${JSON.stringify(one)}; there are ${metricNames().join(', ')}`,
    );
  });
  for (const [i, { name }] of metrics.entries()) {
    const other = metricNamed(name);
    if (metrics.findIndex((one) => one.name === name) !== i) {
      throw new ConfigError(`${operation}: two metrics are called ${name}`);
    }
    if (other && other.finish !== metrics[i]!.finish) {
      throw new ConfigError(
        `${operation}: ${name} is the name of a built-in metric; call yours otherwise`,
      );
    }
  }
  return metrics;
}
