// Cross-entropy of logits, against class labels or probabilities.
import { checkOptions, type NoOptions } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { logSoftmax } from '../layers/activations.js';
import { applyOperator, mul, neg, sum } from '../model/tensor.js';
import { formatShape } from '../shape.js';
import type { Loss } from './loss.js';

/**
 * Softmax cross-entropy from logits [N, C], in nats: against class labels [N], or probabilities [N, C].
 *
 * Per sample: log Σⱼ e^xⱼ − x_label, or −Σⱼ pⱼ log softmax(x)ⱼ. The maximum is subtracted first, so exp
 * cannot overflow. Do not put a softmax before it.
 *
 * @throws ShapeError when traced, if the output is not [N, C] or C is not the number of classes
 * Source: Goodfellow, Bengio, Courville, Deep Learning (2016), §6.2.2.3.
 */
export function crossEntropy(options: NoOptions = {}): Loss {
  checkOptions('crossEntropy', options, {});
  return {
    name: 'cross-entropy',
    build(output, target, { classes }) {
      if (classes === undefined) {
        return {
          loss: neg(sum(mul(logSoftmax(output), target), { axes: -1 })),
          correct: applyOperator('correctArgmax', [output, target]),
        };
      }
      if (output.shape.length !== 2 || output.shape[1] !== classes) {
        throw new ShapeError(
          `cross-entropy: the output is ${formatShape(output.shape)}, the data has ${classes} classes, so it must be [N, ${classes}]`,
        );
      }
      return {
        loss: applyOperator('crossEntropy', [output, target]),
        correct: applyOperator('correctLabel', [output, target]),
      };
    },
  };
}
