// What evaluated chunks leave, added up: for each dataset that is evaluated its sums by name. On one machine and at a
// coordinator the same function adds, in float64 and in the order of the chunks, so that metrics are the same bits.
// Not here: means and whatever else is made of sums (report.ts).
import { NonFiniteError } from '../errors.js';
import { metricOf } from '../metrics/metric.js';
import type { SumLayout } from '../plan/sum-layout.js';
import type { EvaluatedDataset } from '../run/run-plan.js';

/** Sums over a dataset, by name; plain JSON. */
export type NamedSums = Readonly<Record<string, readonly number[]>>;

/** By the name of the dataset. */
export type DatasetSums = Readonly<Record<string, NamedSums>>;

/**
 * @param layout of the sums of one chunk
 * @param floats what the chunks of all that are evaluated left, in order
 * @returns for each dataset its sums
 */
export function addChunkSums(
  layout: SumLayout,
  evaluated: readonly EvaluatedDataset[],
  floats: ArrayLike<number>,
): DatasetSums {
  return Object.fromEntries(
    evaluated.map(({ name, firstChunk, endChunk }) => {
      const sums = layout.sections.map((section) => {
        const total = new Array<number>(section.length).fill(0);
        for (let chunk = firstChunk; chunk < endChunk; chunk++) {
          const at = layout.floats * chunk + section.offset;
          for (let i = 0; i < section.length; i++) total[i]! += floats[at + i]!;
        }
        return [section.name, total] as const;
      });
      return [name, Object.fromEntries(sums)];
    }),
  );
}

/**
 * Why there are no metrics: a sum that is no finite number would look like one to whoever reads what is made of it.
 *
 * @param step whose parameters were evaluated
 */
export function sumFault(step: number, sums: DatasetSums): NonFiniteError | undefined {
  for (const named of Object.values(sums)) {
    for (const [name, values] of Object.entries(named)) {
      const bad = values.find((value) => !Number.isFinite(value));
      if (bad !== undefined)
        return new NonFiniteError(step, `evaluate: ${whatIs(name, bad, step)}`);
    }
  }
  return undefined;
}

function whatIs(name: string, bad: number, step: number): string {
  const { metric, sum } = metricOf(name) ?? {};
  if (metric === undefined) {
    return `the ${name} is ${bad} after step ${step}; expected a finite number. The network's outputs or the data are too large for it, or are not finite: look at the scale of inputs and targets`;
  }
  if (metric === 'accuracy') {
    return `the number of samples that are right is ${bad} after step ${step}; expected a finite number: what the loss gives as correct must be 1 or 0 for each sample`;
  }
  return `the sum ${sum} of the metric ${metric} is ${bad} after step ${step}; expected a finite number. Is a logarithm taken of 0, or something divided by it?`;
}
