// R², the coefficient of determination.
import { mul, reshape, sub } from '../model/tensor.js';
import { product } from '../shape.js';
import type { Metric } from './metric.js';
import { predictedValues, requireNumbers } from './predictions.js';

/** A variance below this part of the mean square is the rounding of float32 sums of 128 numbers, and no variance. */
const ROUNDING = 2 ** -18;

/**
 * 1 − Σ (target − prediction)² ÷ Σ (target − mean of the targets)², averaged over the values of a sample. Of targets that do
 * not vary: 1 if every prediction is exact, else 0.
 *
 * Squares are summed about the mean of the training data, which is near the data's own, so that float32 keeps the variance
 * of numbers that are large beside it. More than 512 standard deviations from that mean the variance is lost all the same, and
 * targets count as such that do not vary.
 *
 * Definition: scikit-learn, `r2_score` (uniform average, `force_finite`).
 */
export const rSquared: Metric = {
  name: 'r2',
  better: 'larger',
  build(output, target, data) {
    requireNumbers('r2', output, target, data);
    const flat = reshape(target, [-1]);
    const residual = sub(reshape(predictedValues(output, data), [-1]), flat);
    const centred = sub(flat, data.targetMeans!.map(Math.fround));
    return {
      residuals: mul(residual, residual),
      deviations: centred,
      squares: mul(centred, centred),
    };
  },
  finish({ residuals, deviations, squares }, samples) {
    const each = residuals!.map((residual, i) => {
      const square = squares![i]!;
      const variance = square - (deviations![i]! * deviations![i]!) / samples;
      if (variance <= ROUNDING * square) return residual === 0 ? 1 : 0;
      return 1 - residual / variance;
    });
    return each.reduce((sum, one) => sum + one, 0) / each.length;
  },
};

/** The mean of each value of the targets, in float64 and in order: the same everywhere. */
export function meansOf(targets: Float32Array, targetShape: readonly number[]): number[] {
  const size = product(targetShape);
  const samples = targets.length / size;
  const sums = new Array<number>(size).fill(0);
  for (let i = 0; i < targets.length; i++) sums[i % size]! += targets[i]!;
  return sums.map((sum) => sum / samples);
}
