// The perceptron criterion, whose gradient descent is Rosenblatt's learning rule.
import { checkOptions } from '@lockstep/errors';
import { step } from '../layers/activations.js';
import { applyOperator, mul, sub, sum } from '../model/tensor.js';
import type { Loss } from './loss.js';
import { checkPositive, targetValues } from './two-classes.js';

export interface PerceptronOptions {
  /** Of a dataset's two classes, by name or number, the one that the output speaks for. Default: the second, class 1. */
  readonly positive?: string | number | undefined;
}

/**
 * The perceptron criterion of activations z [N, k] against targets t [N, k] of 0 or 1:
 * Σ (y − t) · z with y = step(z). It is 0 for a sample that is classified right, and its gradient is
 * y − t; so plain SGD on single samples with learning rate η is Rosenblatt's rule, w ← w + η (t − y) x.
 *
 * The model is the weighted sum z alone: the step is the loss's.
 *
 * @throws ShapeError when traced, if output and target differ in shape, or there are other than two classes
 * @throws DataError before the first step, if a target is neither 0 nor 1
 * Source: Rosenblatt, The Perceptron (1958).
 */
export function perceptron(options: PerceptronOptions = {}): Loss {
  checkOptions('perceptron', options, { positive: true });
  const { positive } = options;
  checkPositive('perceptron', positive);
  return {
    name: 'perceptron',
    targetFault,
    applies: 'step',
    build(output, given, data) {
      const { target, ...chosen } = targetValues('perceptron', output, given, data, positive);
      return {
        loss: sum(mul(sub(step(output), target), output)),
        ...(output.shape.length === 2 && {
          correct: applyOperator('correctBinary', [output, target]),
        }),
        ...chosen,
      };
    },
  };
}

function targetFault(values: Float32Array, start: number, end: number): string | undefined {
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    if (value !== 0 && value !== 1) {
      return `target ${i - start} is ${value}, expected 0 or 1; for classes called -1 and 1 write 0 in place of -1`;
    }
  }
  return undefined;
}
