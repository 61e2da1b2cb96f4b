// Mean absolute error.

import { relu } from '../layers/activations.js';
import { add, mean, neg } from '../model/tensor.js';
import type { Metric } from './metric.js';
import { differences, requireNumbers } from './predictions.js';

/**
 * The mean of |prediction − target| over samples and values; of targets that had been prepared, in the unit of their column.
 *
 * Definition: scikit-learn, `mean_absolute_error`.
 */
export const meanAbsoluteError: Metric = {
  name: 'mean-absolute-error',
  better: 'smaller',
  build(output, target, data) {
    requireNumbers('mean-absolute-error', output, target, data);
    const difference = differences(output, target, data);
    return { absolute: mean(add(relu(difference), relu(neg(difference)))) };
  },
  finish: ({ absolute }, samples) => absolute![0]! / samples,
};
