import type { ActivationKernels } from '../../contract/activations.js';
import { type Case, type Cases, each, LENGTHS, some } from './case.js';

/** out, a, n */
function unary(name: 'abs' | 'sin' | 'cos' | 'silu' | 'hardswish'): Case {
  return (lab) => {
    for (const n of some(lab, LENGTHS)) {
      for (const a of ['floats', 'awkward'] as const) {
        lab.kernels[name](lab.room(n), lab[a](n), n);
        lab.done();
      }
    }
  };
}

/** out, dy, x, n */
function gradient(name: 'siluGrad' | 'hardswishGrad'): Case {
  return each((lab, n) => lab.kernels[name](lab.room(n), lab.awkward(n), lab.awkward(n), n));
}

/** out, dy, x, n and two numbers */
function ofTwo(name: 'softplusGrad' | 'clampGrad' | 'hardtanhGrad'): Case {
  return each((lab, n) => {
    lab.kernels[name](lab.room(n), lab.floats(n), lab.awkward(n), n, 0.5, 1.5);
    lab.done();
    lab.kernels[name](lab.room(n), lab.floats(n), lab.floats(n), n, 0.25, 1);
  });
}

export const CASES: Cases<ActivationKernels> = {
  abs: unary('abs'),
  sin: unary('sin'),
  cos: unary('cos'),
  silu: unary('silu'),
  hardswish: unary('hardswish'),
  pow(lab) {
    for (const n of some(lab, LENGTHS)) {
      for (const exponent of [0.3, -1.5, 5, -2]) {
        lab.kernels.pow(lab.room(n), lab.awkward(n), n, exponent);
        lab.done();
        lab.kernels.pow(lab.room(n), lab.floats(n), n, exponent);
        lab.done();
      }
    }
  },
  elu: each((lab, n) => lab.kernels.elu(lab.room(n), lab.awkward(n), n, 0.7)),
  softplus: each((lab, n) => {
    lab.kernels.softplus(lab.room(n), lab.awkward(n), n, 2, 20);
    lab.done();
    lab.kernels.softplus(lab.room(n), lab.floats(n), n, 1, 0.5);
  }),
  clamp: each((lab, n) => lab.kernels.clamp(lab.room(n), lab.awkward(n), n, -0.5, 1.5)),
  where: each((lab, n) => {
    const condition = lab.awkward(n);
    lab.kernels.where(lab.room(n), condition, lab.floats(n), lab.awkward(n), n);
  }),
  siluGrad: gradient('siluGrad'),
  hardswishGrad: gradient('hardswishGrad'),
  eluGrad: each((lab, n) =>
    lab.kernels.eluGrad(lab.room(n), lab.floats(n), lab.awkward(n), n, 0.7),
  ),
  softplusGrad: ofTwo('softplusGrad'),
  clampGrad: ofTwo('clampGrad'),
  hardtanhGrad: ofTwo('hardtanhGrad'),
};
