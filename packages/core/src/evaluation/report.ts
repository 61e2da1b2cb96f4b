// What is told of an evaluation: each dataset's sums, made into metrics. Those of `test` go by their plain names, those of
// others by `<dataset>.<metric>`.
import { meanOver, WEIGHT } from '../graph/sample-weight.js';
import { type Metric, type MetricValue, metricOf } from '../metrics/metric.js';
import { isRecord } from '../record.js';
import type { EvaluatedDataset } from '../run/run-plan.js';
import type { DatasetSums, NamedSums } from './sums.js';

/** By name. */
export type MetricValues = Readonly<Record<string, MetricValue>>;

export interface EvaluationReport {
  /** Null where there is no test data. */
  readonly testLoss: number | null;
  /** Null where there is no test data, or the loss knows no right from wrong. */
  readonly testAccuracy: number | null;
  readonly metrics: MetricValues;
}

/**
 * Of one dataset: its mean loss, and what its metrics make of their sums, in their order.
 *
 * The sums are finite. What a metric makes of them and is no finite number, as a ratio of nothing may be, is null: it is
 * nothing to compare with, and no reason to end a run whose loss is sound.
 */
export function metricsOf(
  sums: NamedSums,
  samples: number,
  metrics: readonly Metric[],
): MetricValues & { readonly loss: number } {
  const values = metrics.map(({ name, finish }) => [
    name,
    finiteOrNull(finish(sumsOf(sums, name), samples)),
  ]);
  return {
    loss: sums.loss![0]! / meanOver(sums[WEIGHT]?.[0], samples),
    ...Object.fromEntries(values),
  };
}

function sumsOf(sums: NamedSums, metric: string): NamedSums {
  const own = Object.entries(sums).flatMap(([section, values]) => {
    const found = metricOf(section);
    return found?.metric === metric ? [[found.sum, values] as const] : [];
  });
  return Object.fromEntries(own);
}

/** Lists in lists that metrics have; what holds itself ends here. */
const MAX_DEPTH = 16;

function finiteOrNull(value: MetricValue, depth = 0): MetricValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value === null || typeof value !== 'object' || depth === MAX_DEPTH) return null;
  const inside = (one: MetricValue): MetricValue => finiteOrNull(one, depth + 1);
  if (Array.isArray(value)) return value.map(inside);
  if (ArrayBuffer.isView(value)) return inside(Array.from(value as unknown as ArrayLike<number>));
  // What has its content hidden, such as a promise, would be told as an empty object.
  if (!isRecord(value)) return null;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, inside(one as MetricValue)]),
  );
}

export function reportEvaluation(
  evaluated: readonly EvaluatedDataset[],
  sums: DatasetSums,
  metrics: readonly Metric[],
): EvaluationReport {
  const named = evaluated.flatMap(({ name, samples }) => {
    const prefix = name === 'test' ? '' : `${name}.`;
    const values = Object.entries(metricsOf(sums[name]!, samples, metrics));
    return values.map(([metric, value]) => [`${prefix}${metric}`, value] as const);
  });
  const values: MetricValues = Object.fromEntries(named);
  return {
    testLoss: (values.loss as number | undefined) ?? null,
    testAccuracy: (values.accuracy as number | null | undefined) ?? null,
    metrics: values,
  };
}
