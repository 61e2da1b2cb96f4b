import type { LossKernels } from '../../contract/loss.js';
import { type Case, type Cases, ROWS, some } from './case.js';

function correct(name: 'correctArgmax' | 'correctBinary'): Case {
  return (lab) => {
    for (const [count, length] of some(lab, ROWS)) {
      const [scores, targets] = [lab.floats(count * length), lab.floats(count * length, 1)];
      lab.kernels[name](lab.room(count), scores, targets, count, length);
      lab.done();
    }
  };
}

export const CASES: Cases<LossKernels> = {
  crossEntropy(lab) {
    for (const [count, classes] of some(lab, ROWS)) {
      const [logits, labels] = [lab.floats(count * classes, 20), lab.integers(count, classes + 1)];
      lab.kernels.crossEntropy(lab.room(count), logits, labels, count, classes);
      lab.done();
    }
  },
  crossEntropyGrad(lab) {
    for (const [count, classes] of some(lab, ROWS)) {
      const [logits, labels] = [lab.floats(count * classes, 20), lab.integers(count, classes)];
      const [out, dloss] = [lab.room(count * classes), lab.floats(count)];
      lab.kernels.crossEntropyGrad(out, dloss, logits, labels, count, classes);
      lab.done();
    }
  },
  oneHot(lab) {
    for (const [count, classes] of some(lab, ROWS)) {
      lab.kernels.oneHot(lab.room(count * classes), lab.integers(count, classes), count, classes);
      lab.done();
    }
  },
  correctLabel(lab) {
    for (const [count, classes] of some(lab, ROWS)) {
      const [scores, labels] = [lab.floats(count * classes), lab.integers(count, classes)];
      lab.kernels.correctLabel(lab.room(count), scores, labels, count, classes);
      lab.done();
    }
  },
  correctArgmax: correct('correctArgmax'),
  correctBinary: correct('correctBinary'),
};
