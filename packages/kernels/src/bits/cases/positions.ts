import type { PositionKernels } from '../../contract/positions.js';
import { type Cases, each, ROWS, some } from './case.js';

const SHAPES = [...ROWS, [0, 3] as const];
/** The label of rows that do not count. */
const IGNORED = 1;

export const CASES: Cases<PositionKernels> = {
  positionCrossEntropy(lab) {
    for (const [count, classes] of some(lab, SHAPES)) {
      for (const smoothing of [0, 0.25]) {
        const [logits, labels] = [
          lab.floats(count * classes, 20),
          lab.integers(count, classes + 1),
        ];
        const weights = lab.put(lab.draw(classes).map(Math.abs));
        for (const address of [0, weights]) {
          lab.kernels.positionCrossEntropy(
            lab.room(3 * count),
            logits,
            labels,
            address,
            count,
            classes,
            smoothing,
            IGNORED,
          );
        }
        lab.done();
      }
    }
  },
  positionCrossEntropyGrad(lab) {
    for (const [count, classes] of some(lab, SHAPES)) {
      for (const smoothing of [0, 0.25]) {
        const [logits, labels] = [lab.floats(count * classes, 20), lab.integers(count, classes)];
        const [dloss, record] = [lab.floats(count), lab.room(3 * count)];
        const weights = lab.put(lab.draw(classes).map(Math.abs));
        for (const address of [0, weights]) {
          lab.kernels.positionCrossEntropy(
            record,
            logits,
            labels,
            address,
            count,
            classes,
            smoothing,
            IGNORED,
          );
          lab.kernels.positionCrossEntropyGrad(
            lab.room(count * classes),
            dloss,
            logits,
            labels,
            address,
            record,
            count,
            classes,
            smoothing,
          );
        }
        lab.done();
      }
    }
  },
  differsFrom: each((lab, n) => lab.kernels.differsFrom(lab.room(n), lab.integers(n, 3), n, 1)),
};
