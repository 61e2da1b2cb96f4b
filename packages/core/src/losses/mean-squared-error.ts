// Mean squared error.
import { checkOptions, type NoOptions } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { applyOperator, mean, mul, oneHot, sub } from '../model/tensor.js';
import { formatShape, sameShape } from '../shape.js';
import type { Loss } from './loss.js';
import { requireClasses, requireOneLabel } from './values.js';

/**
 * Mean squared error: (1/k) Σ (x − t)² over the k values of a sample. Class labels are compared as one-hot
 * vectors.
 *
 * @throws ShapeError when traced, if output and target differ in shape, or there is one class only
 */
export function meanSquaredError(options: NoOptions = {}): Loss {
  checkOptions('meanSquaredError', options, {});
  return {
    name: 'mse',
    build(output, target, data) {
      const { classes } = data;
      requireOneLabel('mse', data);
      if (classes !== undefined) requireClasses('mse', classes);
      const wanted = classes === undefined ? target : oneHot(target, classes);
      if (!sameShape(output.shape, wanted.shape)) {
        throw new ShapeError(
          `mse: the output is ${formatShape(output.shape)}, the targets are ${formatShape(wanted.shape)}`,
        );
      }
      const difference = sub(output, wanted);
      return {
        loss: mean(mul(difference, difference)),
        ...(classes !== undefined && { correct: applyOperator('correctLabel', [output, target]) }),
      };
    },
  };
}
