// What a metric is: tensors of each sample that are summed over a dataset, and what is made of the sums. The tensors
// travel with the graph; what is made of their sums is made where results are reported.
// Invariant: a metric's name and its sums' names are parts of an output's name, `metric.<name>.<sum>`.
import { ConfigError } from '../errors.js';
import type { Loss, TargetShape } from '../losses/loss.js';
import type { Tensor } from '../model/tensor.js';
import { isPartName } from '../parts.js';

/** A number, or lists of numbers in each other, or these by name; null where there is no finite number. */
export type MetricValue =
  | number
  | null
  | readonly MetricValue[]
  | { readonly [name: string]: MetricValue };

/** What a metric knows besides output and target. */
export interface MetricData extends TargetShape {
  /** What the loss applies to the output itself: the output is scores then. Undefined: the output is as it is meant. */
  readonly applies: Loss['applies'];
  /** Of two classes with one output, the one that the output speaks for. */
  readonly positive: 0 | 1;
  /**
   * How large 1 is in the unit of each target column, where the targets had been prepared: what measures differences tells
   * them in that unit.
   */
  readonly targetUnits: readonly number[] | undefined;
  /** Of the values that are to be learnt, flat, the mean over the training data; undefined where those are labels. */
  readonly targetMeans: readonly number[] | undefined;
}

/** Sums over a dataset, each flat and row-major, in float64. */
export type MetricSums = Readonly<Record<string, readonly number[]>>;

/** Which of two values of a metric is the better one. */
export type Better = 'larger' | 'smaller';

/** What is reported of a dataset: sums over its samples, and what is made of them. */
export interface Metric {
  /** Lower-case letters, digits and dashes, a letter first; at most 48. */
  readonly name: string;
  /** Which of two values is the better one; left out where that is not said, as of what is no single number. */
  readonly better?: Better | undefined;
  /** Of a model whose outputs have names, the one that it is about: its name begins with it. */
  readonly output?: string | undefined;
  /** As a loss has it: what is wrong with the target values [start, end) of one sample. */
  readonly targetFault?: Loss['targetFault'];
  /**
   * Called once, to be traced, as a model is.
   *
   * @returns tensors [N, …] by names of letters, digits and dashes: each is summed over the samples
   * @throws ShapeError if output and targets are none that it measures
   */
  build(output: Tensor, target: Tensor, data: MetricData): Readonly<Record<string, Tensor>>;
  /**
   * @param sums what `build` gave, summed over the dataset
   * @param samples of the dataset
   */
  finish(sums: MetricSums, samples: number): MetricValue;
}

/** Of one graph; more are a mistake. */
export const MAX_METRICS = 32;
/** Sums that a chunk of an evaluation may leave for all metrics: 256 KiB, a confusion matrix of 256 classes. */
export const MAX_METRIC_SUMS = 2 ** 16;

const METRIC = 'metric.';
const NAME = /^[a-z][a-z0-9-]{0,47}$/;
const SUM_NAME = /^[A-Za-z][A-Za-z0-9-]{0,31}$/;

/** The output that a metric's name is about, and what it is called there; undefined where it names none. */
export function splitMetricName(name: string): { output: string; metric: string } | undefined {
  const dot = name.indexOf('.');
  const [output, metric] = [name.slice(0, dot), name.slice(dot + 1)];
  return dot > 0 && isPartName(output) && NAME.test(metric) ? { output, metric } : undefined;
}

function isMetricName(name: string): boolean {
  return NAME.test(name) || splitMetricName(name) !== undefined;
}

/** A metric of one of several outputs, called `<output>.<name>`. */
export function forOutput(output: string, metric: Metric): Metric {
  return { ...metric, name: `${output}.${metric.name}`, output };
}

/** The output of a graph that is summed for a metric. */
export function metricOutput(metric: string, sum: string): string {
  return `${METRIC}${metric}.${sum}`;
}

/** The metric and the sum that an output is for; undefined if it is for none. */
export function metricOf(output: string): { metric: string; sum: string } | undefined {
  const end = output.lastIndexOf('.');
  const metric = output.slice(METRIC.length, end);
  const sum = output.slice(end + 1);
  const isOne = output.startsWith(METRIC) && isMetricName(metric) && SUM_NAME.test(sum);
  return isOne ? { metric, sum } : undefined;
}

/**
 * A metric of one's own. It works on threads and on a cluster: workers get its tensors only, as part of the graph.
 *
 * @throws ConfigError if name or functions are none
 */
export function metric(
  name: string,
  { build, finish, better, targetFault }: Omit<Metric, 'name'>,
): Metric {
  return checkMetric({
    ...{ name, build, finish },
    ...(better !== undefined && { better }),
    ...(targetFault && { targetFault }),
  });
}

/** @throws ConfigError unless it is a metric */
export function checkMetric(given: Metric): Metric {
  const { name, build, finish } = given ?? {};
  if (typeof build !== 'function' || typeof finish !== 'function') {
    throw new ConfigError(
      'metric: expected the name of one, or an object { name, build, finish } such as metric(name, { build, finish }) gives',
    );
  }
  const own = splitMetricName(String(name))?.output === given.output ? given.output : undefined;
  const plain = own === undefined ? name : name.slice(own.length + 1);
  if (typeof name !== 'string' || !NAME.test(plain) || plain === 'loss') {
    throw new ConfigError(
      `metric: ${JSON.stringify(name)} is no name of a metric; expected 1 to 48 lower-case letters, digits and dashes, a letter first, and not loss`,
    );
  }
  const { better } = given;
  if (better !== undefined && better !== 'larger' && better !== 'smaller') {
    throw new ConfigError(
      `metric: better of ${name} is ${JSON.stringify(better)}; expected 'larger' or 'smaller', which of two values is the better one`,
    );
  }
  return given;
}
