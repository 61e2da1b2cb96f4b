// Cross-entropy of logits, against class labels or probabilities.
import { checkOptions, type NoOptions } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { logSoftmax } from '../layers/activations.js';
import { applyOperator, mul, neg, sum, type Tensor } from '../model/tensor.js';
import { formatShape, sameShape } from '../shape.js';
import type { Loss } from './loss.js';
import { requireClasses } from './values.js';

const ONE_OUTPUT =
  'For two classes with one output use binaryCrossEntropy(), with targets of 0 and 1';
/** Of a distribution's sum: thirds that were written as 0.333 are meant as thirds. */
const SUM_TOLERANCE = 0.0011;

/**
 * Softmax cross-entropy from logits [N, C], in nats: against class labels [N], or probabilities [N, C].
 *
 * Per sample: log Σⱼ e^xⱼ − x_label, or −Σⱼ pⱼ log softmax(x)ⱼ. The maximum is subtracted first, so exp
 * cannot overflow. Do not put a softmax before it.
 *
 * @throws ShapeError when traced, if the output is not [N, C] with at least two classes, as many as the data has
 * @throws DataError before the first step, if a row of probabilities has a negative one or does not sum to 1
 * Source: Goodfellow, Bengio, Courville, Deep Learning (2016), §6.2.2.3.
 */
export function crossEntropy(options: NoOptions = {}): Loss {
  checkOptions('crossEntropy', options, {});
  return {
    name: 'cross-entropy',
    targetFault,
    applies: 'softmax',
    build(output, target, { classes }) {
      if (classes === undefined) {
        requireDistributions(output, target);
        return {
          loss: neg(sum(mul(logSoftmax(output), target), { axes: -1 })),
          correct: applyOperator('correctArgmax', [output, target]),
        };
      }
      requireClasses('cross-entropy', classes);
      if (output.shape.length !== 2 || output.shape[1] !== classes) {
        const advice = classes === 2 && sameShape(output.shape, ['N', 1]) ? `. ${ONE_OUTPUT}` : '';
        throw new ShapeError(
          `cross-entropy: the output is ${formatShape(output.shape)}, the data has ${classes} classes, so it must be [N, ${classes}]${advice}`,
        );
      }
      return {
        loss: applyOperator('crossEntropy', [output, target]),
        correct: applyOperator('correctLabel', [output, target]),
      };
    },
  };
}

/** @throws ShapeError unless both are [N, C], with at least two classes */
function requireDistributions(output: Tensor, target: Tensor): void {
  const { shape } = output;
  if (shape.length !== 2 || !sameShape(shape, target.shape)) {
    throw new ShapeError(
      `cross-entropy: the output is ${formatShape(shape)}, the targets are ${formatShape(target.shape)}; expected a probability for each class, both [N, C], or class labels`,
    );
  }
  if (shape[1] === 1) {
    throw new ShapeError(
      `cross-entropy: the output is [N, 1], and a softmax over one number is always 1: nothing would be learnt. ${ONE_OUTPUT}`,
    );
  }
}

function targetFault(values: Float32Array, start: number, end: number): string | undefined {
  let sum = 0;
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    if (!(value >= 0)) return `target ${i - start} is ${value}, expected a probability`;
    sum += value;
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE
    ? undefined
    : `targets sum to ${Number(sum.toPrecision(6))}, expected probabilities that sum to 1; divide each row by its sum`;
}
