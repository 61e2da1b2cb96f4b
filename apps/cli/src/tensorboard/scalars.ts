// The numbers of a run by their tags, as TensorBoard groups them: what is measured, then of which data: `loss/train`,
// `loss/test`, `accuracy/validation`. Pure.
import { learningRateAt, type MetricValues } from '@lockstep/core';
import type { EpochEndEvent, RunRecord } from '@lockstep/trainer';

type MetricValue = MetricValues[string];

export type Scalar = readonly [tag: string, value: number];

/** What is measured of the data, and whose value it is. */
interface Measured {
  readonly tag: string;
  readonly value: MetricValue;
}

/** What is told of an epoch: its losses and metrics. A list has a number a class; tables are none (`tablesOf`). */
export function metricScalars(
  { trainLoss, metrics }: Pick<EpochEndEvent, 'trainLoss' | 'metrics'>,
  { config, dataset }: Pick<RunRecord, 'config' | 'dataset'>,
): Scalar[] {
  const { classNames } = dataset.traits ?? {};
  const measured = measuredOf(metrics, config);
  return [
    ['loss/train', trainLoss],
    ...measured.flatMap(({ tag, value }) => (isTable(value) ? [] : flat(tag, value, classNames))),
  ];
}

/** Metrics that are tables of numbers, such as a confusion matrix. */
export function tablesOf(
  metrics: MetricValues,
  { config }: Pick<RunRecord, 'config'>,
): (readonly [tag: string, table: readonly (readonly number[])[]])[] {
  return measuredOf(metrics, config).flatMap(({ tag, value }) =>
    isTable(value) ? [[tag, value] as const] : [],
  );
}

/**
 * The learning rate by which a step was taken, and those of parameters that have one of their own, each group by its first one.
 *
 * @param step steps that were taken, this one included; at least 1
 */
export function learningRates(
  { optimizer, groups = [] }: Pick<RunRecord['config'], 'optimizer' | 'groups'>,
  step: number,
): Scalar[] {
  const at = (base: number): number => learningRateAt(optimizer.schedule, base, step - 1);
  const own = groups.flatMap(({ learningRate, parameters: [first] }): Scalar[] =>
    learningRate === undefined ? [] : [[`learning-rate/${first}`, at(learningRate)]],
  );
  return [['learning-rate', at(optimizer.learningRate)], ...own];
}

/** Metrics of the test data go by their names alone, those of the validation data by `validation.<name>`. */
function measuredOf(
  metrics: MetricValues,
  { validation }: Pick<RunRecord['config'], 'validation'>,
): Measured[] {
  const prefix = 'validation.';
  return Object.entries(metrics).map(([key, value]) => {
    const isValidation = validation !== undefined && key.startsWith(prefix);
    const tag = isValidation ? `${key.slice(prefix.length)}/validation` : `${key}/test`;
    return { tag, value };
  });
}

function isTable(value: MetricValue): value is readonly (readonly number[])[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  const width = (value[0] as { length?: number } | null)?.length;
  return value.every(
    (row) =>
      Array.isArray(row) &&
      row.length === width &&
      row.length > 0 &&
      row.every((cell) => typeof cell === 'number'),
  );
}

/** What is no number has no point in a curve. */
function flat(tag: string, value: MetricValue, names?: readonly string[]): Scalar[] {
  if (value === null) return [];
  if (typeof value === 'number') return [[tag, value]];
  if (!Array.isArray(value)) {
    return Object.entries(value).flatMap(([name, one]) => flat(`${tag}/${name}`, one));
  }
  const labels = names?.length === value.length ? names : [];
  return value.flatMap((one: MetricValue, i) => flat(`${tag}/${labels[i] || i}`, one));
}
