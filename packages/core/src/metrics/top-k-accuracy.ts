// The share of samples whose class is among the k with the largest scores.
import { ConfigError, ShapeError } from '../errors.js';
import { step } from '../layers/activations.js';
import { add, mul, oneHot, sub, sum } from '../model/tensor.js';
import { quotient } from './class-counts.js';
import type { Metric, MetricSums } from './metric.js';
import { countedPositions, places, predictions } from './predictions.js';

/**
 * Top-k accuracy in [0, 1] of scores [N, C] against class labels [N], or [N, …, C] against [N, …], of which positions with the
 * label −100 do not count. Among equals the class with the smaller number comes
 * first, as `accuracy` has it: with k = 1 the two are the same.
 *
 * Definition: scikit-learn, `top_k_accuracy_score`, but for equals, which it puts in the order of the larger number.
 *
 * @param k at least 1, below the number of classes
 * @throws ConfigError if k is no whole number of at least 1
 */
export function topKAccuracy(k: number): Metric {
  if (!Number.isSafeInteger(k) || k < 1) {
    throw new ConfigError(`topKAccuracy: k is ${k}, expected a whole number of at least 1`);
  }
  const name = `top-${k}-accuracy`;
  return {
    name,
    better: 'larger',
    build(output, target, data) {
      const { classes } = data;
      if (classes === undefined) {
        throw new ShapeError(`${name}: the data has numbers as targets; this takes class labels`);
      }
      const counting = countedPositions(name, output, target, data);
      if (!counting) predictions(name, output, target, data);
      if (k >= classes) {
        throw new ShapeError(
          `${name}: of ${classes} classes every one is among the first ${k}; give a smaller number`,
        );
      }
      const label = oneHot(target, classes);
      const score = sum(mul(label, output), { axes: -1, keepDims: true });
      const labelPlace = sum(mul(label, places(classes)), { axes: -1, keepDims: true });
      const isLarger = step(sub(output, score));
      const isEqual = sub(sub(1, isLarger), step(sub(score, output)));
      const isBefore = mul(isEqual, step(sub(labelPlace, places(classes))));
      const correct = step(sub(k - 0.5, sum(add(isLarger, isBefore), { axes: -1 })));
      if (!counting) return { correct };
      return { correct: sum(mul(correct, counting)), counted: sum(counting) };
    },
    finish: shareOfCorrect,
  };
}

function shareOfCorrect({ correct, counted }: MetricSums, samples: number): number {
  return quotient(correct![0]!, counted?.[0] ?? samples);
}

/** The metric of that name, if it is one of these. */
export function topKAccuracyNamed(name: string): Metric | undefined {
  const [, k] = /^top-([1-9]\d{0,5})-accuracy$/.exec(name) ?? [];
  return k === undefined ? undefined : topKAccuracy(Number(k));
}
