// Root mean squared error.
import { mul } from '../model/tensor.js';
import type { Metric } from './metric.js';
import { differences, requireNumbers } from './predictions.js';

/**
 * √ of the mean of (prediction − target)² over samples, averaged over the values of a sample; of targets that had
 * been prepared, in the unit of their column.
 *
 * Definition: scikit-learn, `root_mean_squared_error` (uniform average).
 */
export const rootMeanSquaredError: Metric = {
  name: 'root-mean-squared-error',
  better: 'smaller',
  build(output, target, data) {
    requireNumbers('root-mean-squared-error', output, target, data);
    const difference = differences(output, target, data);
    return { squares: mul(difference, difference) };
  },
  finish({ squares }, samples) {
    const roots = squares!.map((sum) => Math.sqrt(sum / samples));
    return roots.reduce((sum, root) => sum + root, 0) / roots.length;
  },
};
