// What is told of an evaluation: each dataset's sums, made into metrics. Those of `test` go by their plain names, those of
// others by `<dataset>.<metric>`.
import type { EvaluatedDataset } from '../run/run-plan.js';
import type { DatasetSums, NamedSums } from './sums.js';

/** By name. */
export type MetricValues = Readonly<Record<string, number>>;

export interface EvaluationReport {
  /** Null where there is no test data. */
  readonly testLoss: number | null;
  /** Null where there is no test data, or the loss knows no right from wrong. */
  readonly testAccuracy: number | null;
  readonly metrics: MetricValues;
}

/** Of one dataset: its mean loss, and what else is known of it. */
export function metricsOf(
  { loss, correct }: NamedSums,
  samples: number,
): MetricValues & { readonly loss: number } {
  return {
    loss: loss![0]! / samples,
    ...(correct && { accuracy: correct[0]! / samples }),
  };
}

export function reportEvaluation(
  evaluated: readonly EvaluatedDataset[],
  sums: DatasetSums,
): EvaluationReport {
  const metrics = evaluated.flatMap(({ name, samples }) => {
    const prefix = name === 'test' ? '' : `${name}.`;
    const values = Object.entries(metricsOf(sums[name]!, samples));
    return values.map(([metric, value]) => [`${prefix}${metric}`, value] as const);
  });
  const values: MetricValues = Object.fromEntries(metrics);
  return {
    testLoss: values.loss ?? null,
    testAccuracy: values.accuracy ?? null,
    metrics: values,
  };
}
