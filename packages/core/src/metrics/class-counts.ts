// What precision, recall and F1 have in common: three counts of each class, and a ratio of them that is told for each
// class, and as the mean over the classes.
import { mul, sum, type Tensor } from '../model/tensor.js';
import type { Metric, MetricSums } from './metric.js';
import { classTargetFault, predictions } from './predictions.js';

/** Of one class. Where labels are by position, samples are positions that count. */
export interface ClassCounts {
  /** Samples that are of it and are said to be. */
  readonly hits: number;
  /** Samples that are said to be of it. */
  readonly predicted: number;
  /** Samples that are of it. */
  readonly actual: number;
}

/**
 * The metrics `name`, the mean over classes, and `name-per-class`. A ratio of nothing is 0. Of classes of which each sample
 * has one, those that no sample has and nobody predicts are left out of the mean; of labels, none is.
 *
 * Definition: scikit-learn with `average='macro'` or `None`, and `zero_division=0`. Of one label that applies or not,
 * as targets [N, 1] are, the mean is what scikit-learn calls `binary`.
 */
export function classRatio(name: string, ratio: (counts: ClassCounts) => number): Metric[] {
  const build = (as: string): Metric['build'] => {
    return (output, target, data) => {
      const { predicted, actual, isExclusive } = predictions(as, output, target, data);
      const hits = overPositions(mul(predicted, actual));
      const counts = { hits, predicted: overPositions(predicted) };
      const truth = overPositions(actual);
      // The name of the third says how to average.
      return { ...counts, ...(isExclusive ? { actual: truth } : { applying: truth }) };
    };
  };
  const perClass = `${name}-per-class`;
  const common = { targetFault: classTargetFault };
  return [
    {
      ...common,
      name,
      better: 'larger',
      build: build(name),
      finish(sums) {
        const told = countsOf(sums).filter(
          ({ predicted, actual }) => sums.applying !== undefined || predicted + actual > 0,
        );
        return told.reduce((sum, counts) => sum + ratio(counts), 0) / told.length;
      },
    },
    {
      ...common,
      name: perClass,
      build: build(perClass),
      finish: (sums) => countsOf(sums).map(ratio),
    },
  ];
}

/** [N, C]; of [N, P, C] the sum over the positions. */
function overPositions(x: Tensor): Tensor {
  return x.shape.length === 3 ? sum(x, { axes: 1 }) : x;
}

function countsOf({ hits, predicted, actual, applying }: MetricSums): ClassCounts[] {
  const of = (actual ?? applying)!;
  return hits!.map((hit, i) => ({ hits: hit, predicted: predicted![i]!, actual: of[i]! }));
}

/** 0 where there is nothing to divide by. */
export function quotient(of: number, whole: number): number {
  return whole === 0 ? 0 : of / whole;
}
