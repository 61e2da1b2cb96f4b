// Binary cross-entropy of logits.
import { checkOptions, type NoOptions } from '@lockstep/errors';
import { applyOperator, mean } from '../model/tensor.js';
import type { Loss } from './loss.js';
import { requireValues } from './values.js';

/**
 * Binary cross-entropy from logits [N, k] against targets [N, k] in [0, 1], in nats, averaged over the k
 * values of a sample: max(x, 0) − x·t + log(1 + e^−|x|), which no logit can overflow.
 *
 * @throws ShapeError when traced, if output and target differ in shape or the targets are class labels
 * @throws DataError before the first step, if a target is not in [0, 1]
 * Source: Goodfellow, Bengio, Courville, Deep Learning (2016), §6.2.2.2.
 */
export function binaryCrossEntropy(options: NoOptions = {}): Loss {
  checkOptions('binaryCrossEntropy', options, {});
  return {
    name: 'binary-cross-entropy',
    targetFault,
    applies: 'sigmoid',
    build(output, target, data) {
      requireValues('binary-cross-entropy', output, target, data);
      return {
        loss: mean(applyOperator('bceWithLogits', [output, target])),
        ...(output.shape.length === 2 && {
          correct: applyOperator('correctBinary', [output, target]),
        }),
      };
    },
  };
}

function targetFault(values: Float32Array, start: number, end: number): string | undefined {
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    if (!(value >= 0 && value <= 1)) {
      return `target ${i - start} is ${value}, expected a probability in [0, 1]; two classes are 0 and 1, not -1 and 1 nor 1 and 2`;
    }
  }
  return undefined;
}
