// How often samples of each class are said to be of each class.
import { ShapeError } from '../errors.js';
import { add, matmul, mul, reshape, type Tensor, transpose } from '../model/tensor.js';
import type { Metric } from './metric.js';
import { classTargetFault, predictions } from './predictions.js';

/**
 * Counts [C, C]: row i, column j holds the samples of class i that are said to be of class j. Of targets [N, 1], 0 or 1,
 * the classes are these two. Of labels by position, positions that count are counted.
 *
 * C² sums a chunk of 128 samples: at most 256 classes, and on a cluster fewer where there are many samples.
 * Definition: scikit-learn, `confusion_matrix`.
 */
export const confusionMatrix: Metric = {
  name: 'confusion-matrix',
  targetFault: classTargetFault,
  build(output, target, data) {
    const { predicted, actual, isExclusive } = predictions(
      'confusion-matrix',
      output,
      target,
      data,
    );
    // [N, C, P] times [N, P, C].
    if (actual.shape.length === 3) return { counts: matmul(transpose(actual), predicted) };
    const size = output.shape[1] as number;
    if (!isExclusive && size !== 1) {
      throw new ShapeError(
        `confusion-matrix: ${size} labels, any number of which may apply; expected classes of which each sample has one`,
      );
    }
    const [rows, columns] = [actual, predicted].map((x) =>
      isExclusive ? x : bothWays(x, data.positive),
    );
    const classes = isExclusive ? size : 2;
    const counts = mul(reshape(rows!, [classes, 1]), reshape(columns!, [1, classes]));
    return { counts };
  },
  finish({ counts }) {
    const size = Math.sqrt(counts!.length);
    return Array.from({ length: size }, (_, i) => counts!.slice(i * size, (i + 1) * size));
  },
};

/** Whether a label applies [N, 1], as the class that it is of [N, 2]. */
function bothWays(applies: Tensor, positive: 0 | 1): Tensor {
  return positive === 1 ? add(mul(applies, [-1, 1]), [1, 0]) : add(mul(applies, [1, -1]), [0, 1]);
}
