import type { ElementwiseKernels } from '../../contract/elementwise.js';
import { type Case, type Cases, each, LENGTHS, some } from './case.js';

/** out, a, n */
function unary(
  name: 'neg' | 'exp' | 'log' | 'sqrt' | 'erf' | 'tanh' | 'sigmoid' | 'relu' | 'step' | 'gelu',
): Case {
  return (lab) => {
    for (const n of some(lab, LENGTHS)) {
      for (const a of ['floats', 'awkward'] as const) {
        lab.kernels[name](lab.room(n), lab[a](n), n);
        lab.done();
      }
    }
  };
}

/** out, two inputs, n */
function paired(
  name: 'reluGrad' | 'sigmoidGrad' | 'tanhGrad' | 'geluGrad' | 'bceWithLogits',
): Case {
  return (lab) => {
    for (const n of some(lab, LENGTHS)) {
      for (const a of ['floats', 'awkward'] as const) {
        lab.kernels[name](lab.room(n), lab[a](n), lab[a](n), n);
        lab.done();
      }
    }
  };
}

export const CASES: Cases<ElementwiseKernels> = {
  fill: each((lab, n) => lab.kernels.fill(lab.room(n), n, 0.1)),
  neg: unary('neg'),
  exp: unary('exp'),
  log: unary('log'),
  sqrt: unary('sqrt'),
  erf: unary('erf'),
  tanh: unary('tanh'),
  sigmoid: unary('sigmoid'),
  relu: unary('relu'),
  step: unary('step'),
  gelu: unary('gelu'),
  leakyRelu: each((lab, n) => lab.kernels.leakyRelu(lab.room(n), lab.awkward(n), n, 0.1)),
  reluGrad: paired('reluGrad'),
  leakyReluGrad: each((lab, n) =>
    lab.kernels.leakyReluGrad(lab.room(n), lab.awkward(n), lab.awkward(n), n, 0.1),
  ),
  sigmoidGrad: paired('sigmoidGrad'),
  tanhGrad: paired('tanhGrad'),
  geluGrad: paired('geluGrad'),
  bceWithLogits: paired('bceWithLogits'),
  addInto: each((lab, n) => lab.kernels.addInto(lab.awkward(n), lab.awkward(n), n)),
  scale: each((lab, n) => lab.kernels.scale(lab.awkward(n), n, 0.3)),
  clipValue: each((lab, n) => lab.kernels.clipValue(lab.awkward(n), n, 1.5)),
};
