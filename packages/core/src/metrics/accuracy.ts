// The share of samples that are classified right.
import { applyOperator, mul, sub, sum } from '../model/tensor.js';
import { quotient } from './class-counts.js';
import type { Metric } from './metric.js';
import { classTargetFault, predictions, speaksForOne } from './predictions.js';

/**
 * Accuracy in [0, 1]: the class with the largest score is the right one, the first among equals; of labels, all that
 * apply are found and no other. Where the loss says itself what is right, as the built-in ones do, this counts that.
 *
 * Definition: scikit-learn, `accuracy_score` (for labels: of subsets).
 */
export const accuracy: Metric = {
  name: 'accuracy',
  better: 'larger',
  targetFault: classTargetFault,
  build(output, target, data) {
    const { predicted, actual } = predictions('accuracy', output, target, data);
    const { classes, applies } = data;
    if (actual.shape.length === 3) {
      return { correct: sum(mul(predicted, actual)), counted: sum(actual) };
    }
    if (speaksForOne(output, data)) {
      return { correct: applyOperator('correctBinary', [output, actual]) };
    }
    if (classes !== undefined) return { correct: applyOperator('correctLabel', [output, target]) };
    if (applies === 'softmax') return { correct: applyOperator('correctArgmax', [output, target]) };
    const logits = applies === undefined ? sub(output, 0.5) : output;
    return { correct: applyOperator('correctBinary', [logits, target]) };
  },
  finish: ({ correct, counted }, samples) => quotient(correct![0]!, counted?.[0] ?? samples),
};
