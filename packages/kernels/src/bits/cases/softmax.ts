import type { SoftmaxKernels } from '../../contract/softmax.js';
import { type Case, type Cases, ROWS, some } from './case.js';

function rows(name: 'softmax' | 'logSoftmax'): Case {
  return (lab) => {
    for (const [count, length] of some(lab, ROWS)) {
      for (const a of ['floats', 'awkward'] as const) {
        lab.kernels[name](lab.room(count * length), lab[a](count * length), count, length);
        lab.done();
      }
    }
  };
}

function rowsGrad(name: 'softmaxGrad' | 'logSoftmaxGrad'): Case {
  return (lab) => {
    for (const [count, length] of some(lab, ROWS)) {
      const [out, dy, y] = [
        lab.room(count * length),
        lab.floats(count * length),
        lab.floats(count * length, 1),
      ];
      lab.kernels[name](out, dy, y, count, length);
      lab.done();
    }
  };
}

export const CASES: Cases<SoftmaxKernels> = {
  softmax: rows('softmax'),
  logSoftmax: rows('logSoftmax'),
  softmaxGrad: rowsGrad('softmaxGrad'),
  logSoftmaxGrad: rowsGrad('logSoftmaxGrad'),
};
