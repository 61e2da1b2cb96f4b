// A stop rule, made of the options of a run: names are looked up among the metrics that the run will tell, and which of two
// values is better is taken from each metric. What is wrong is refused before anything is computed.
import {
  describeValue,
  nearestName,
  requireChoice,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import type { Better, Metric } from '../metrics/metric.js';
import { TRAIN_LOSS } from './judge.js';
import {
  MOST_PATIENCE,
  NO_RULE,
  requireSeconds,
  type StopRule,
  type WatchedMetric,
} from './stop-rule.js';

/** Of a run: when it ends before its last epoch, and whose weights it gives. */
export interface StopOptions {
  /** The run ends after so many epochs in a row in which the monitored metric got no better. At least 1. */
  readonly patience?: number | undefined;
  /** What counts as better, for `patience`: by more than this. Default 0. */
  readonly minDelta?: number | undefined;
  /**
   * The metric that epochs are compared by, as events name it: `validation.loss`, `accuracy` of test data, `trainLoss`.
   * Default: the validation data's loss, else the test data's.
   */
  readonly monitor?: string | undefined;
  /** `best`: the run gives the weights of the best epoch. Default `last`. */
  readonly keep?: 'last' | 'best' | undefined;
  /** The run ends after the first epoch that reaches all of these: `{ accuracy: 0.97 }`. */
  readonly target?: Readonly<Record<string, number>> | undefined;
  /** The run ends after the step that is under way then. Another run may end elsewhere; a resumed one counts anew. */
  readonly maxSeconds?: number | undefined;
}

export const STOP_OPTIONS = {
  patience: true,
  minDelta: true,
  monitor: true,
  keep: true,
  target: true,
  maxSeconds: true,
} as const;

/**
 * @param operation for errors
 * @param evaluated names of the datasets that are evaluated
 * @param metrics what is told of each, besides its loss
 * @returns undefined if none of the options is given
 * @throws ConfigError if an option is of a wrong kind, or names no metric that has a better and a worse
 */
export function chooseRule(
  operation: string,
  options: StopOptions,
  evaluated: readonly string[],
  metrics: readonly Metric[],
): StopRule | undefined {
  const { patience, minDelta, monitor, keep, target, maxSeconds } = options;
  if (patience !== undefined) requireInteger(operation, 'patience', patience, 1, MOST_PATIENCE);
  if (minDelta !== undefined) requireNumber(operation, 'minDelta', minDelta, { min: 0 });
  if (keep !== undefined) requireChoice(operation, 'keep', keep, ['last', 'best']);
  if (maxSeconds !== undefined) requireSeconds(operation, maxSeconds);
  if (minDelta !== undefined && patience === undefined) {
    throw new ConfigError(
      `${operation}: minDelta says what patience takes for better, and there is none; give patience`,
    );
  }
  if (Object.keys(STOP_OPTIONS).every((name) => options[name as keyof StopOptions] === undefined)) {
    return undefined;
  }
  const known = knownMetrics(evaluated, metrics);
  const rule: StopRule = {
    monitor:
      monitor === undefined
        ? defaultMonitor(evaluated)
        : findMetric(operation, 'monitor', monitor, known),
    patience: patience ?? null,
    minDelta: minDelta ?? 0,
    keep: keep ?? 'last',
    target: targets(operation, target, known),
    maxSeconds: maxSeconds ?? null,
  };
  const needs = patience !== undefined ? 'patience' : keep === 'best' ? "keep: 'best'" : undefined;
  if (rule.monitor === null && needs !== undefined) {
    throw new ConfigError(
      `${operation}: ${needs} compares epochs, and no data is evaluated after them. Give validation: 0.1, other data as data: { train, validation }, or monitor: 'trainLoss'`,
    );
  }
  return rule;
}

/** The rule of a run that was given none: it ends nothing, and says which epoch was the best. */
export function defaultRule(evaluated: readonly string[]): StopRule {
  return { ...NO_RULE, monitor: defaultMonitor(evaluated) };
}

function defaultMonitor(evaluated: readonly string[]): WatchedMetric | null {
  const dataset = ['validation', 'test'].find((name) => evaluated.includes(name)) ?? evaluated[0];
  return dataset === undefined ? null : { metric: metricName(dataset, 'loss'), better: 'smaller' };
}

function metricName(dataset: string, metric: string): string {
  return dataset === 'test' ? metric : `${dataset}.${metric}`;
}

/** By the name that is told; undefined where a metric does not say which of two values is better. */
type Known = ReadonlyMap<string, Better | undefined>;

function knownMetrics(evaluated: readonly string[], metrics: readonly Metric[]): Known {
  const own = [
    ['loss', 'smaller'] as const,
    ...metrics.map((one) => [one.name, one.better] as const),
  ];
  return new Map([
    ...evaluated.flatMap((dataset) =>
      own.map(([metric, better]) => [metricName(dataset, metric), better] as const),
    ),
    [TRAIN_LOSS, 'smaller'],
  ]);
}

/** Other names of the test data's metrics; and where there is validation data only, plain names are its. */
function toldName(name: string, known: Known): string | undefined {
  const elsewhere: Readonly<Record<string, string>> = {
    testLoss: 'loss',
    testAccuracy: 'accuracy',
  };
  const names = [name, elsewhere[name] ?? '', name.replace(/^test\./, ''), `validation.${name}`];
  return names.find((one) => known.has(one));
}

function findMetric(operation: string, option: string, name: unknown, known: Known): WatchedMetric {
  if (typeof name !== 'string') {
    throw new ConfigError(
      `${operation}: ${option} is ${describeValue(name)}, expected the name of a metric such as 'validation.loss'`,
    );
  }
  const metric = toldName(name, known);
  if (metric === undefined) {
    const near = nearestName(name, [...known.keys()]);
    const meant = near === undefined ? '.' : `; did you mean ${near}?`;
    throw new ConfigError(
      `${operation}: ${option} names ${JSON.stringify(name)}, which this run does not tell${meant} It tells ${[...known.keys()].join(', ')}`,
    );
  }
  const better = known.get(metric);
  if (better === undefined) {
    throw new ConfigError(
      `${operation}: ${option} names ${metric}, which does not say which of two values is better: expected one number an epoch, and of a metric of your own better: 'larger' or 'smaller' in metric(name, { build, finish, better })`,
    );
  }
  return { metric, better };
}

function targets(operation: string, given: unknown, known: Known): StopRule['target'] {
  if (given === undefined) return [];
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ConfigError(
      `${operation}: target is ${describeValue(given)}, expected values by the names of metrics, such as { accuracy: 0.97 }`,
    );
  }
  const entries = Object.entries(given);
  if (entries.length === 0) {
    throw new ConfigError(
      `${operation}: target is empty; give a metric and its value, or leave it out`,
    );
  }
  return entries.map(([name, value]) => ({
    ...findMetric(operation, 'target', name, known),
    value: requireNumber(operation, `target.${name}`, value),
  }));
}
