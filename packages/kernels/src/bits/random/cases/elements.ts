// Random cases of kernels where out[i] depends on the i-th elements only.
import type { ActivationKernels } from '../../../contract/activations.js';
import type { ElementwiseKernels } from '../../../contract/elementwise.js';
import type { Draw } from '../draw.js';
import type { RandomCases } from '../random-case.js';

type Unary = [out: number, a: number, n: number];
type Binary = [out: number, a: number, b: number, n: number];

function unary(draw: Draw): Unary {
  const n = draw.size(600);
  const a = draw.floats(n);
  return [draw.out(n, a), a, n];
}

function binary(draw: Draw): Binary {
  const n = draw.size(600);
  const [a, b] = [draw.floats(n), draw.floats(n)];
  return [draw.out(n, a, b), a, b, n];
}

function inPlace(draw: Draw): [g: number, n: number] {
  const n = draw.size(600);
  return [draw.floats(n), n];
}

const POWERS = [2, 3, -1, 0.5, -0.5, 1.5, 7, -2, 1, 1 / 3];

export const CASES: RandomCases<ElementwiseKernels & ActivationKernels> = {
  fill(draw) {
    const n = draw.size(600);
    return [draw.room(n), n, draw.scalar()];
  },
  neg: unary,
  exp: unary,
  log: unary,
  sqrt: unary,
  erf: unary,
  tanh: unary,
  sigmoid: unary,
  relu: unary,
  step: unary,
  gelu: unary,
  abs: unary,
  sin: unary,
  cos: unary,
  silu: unary,
  hardswish: unary,
  leakyRelu: (draw) => [...unary(draw), draw.scalar()],
  pow: (draw) => [...unary(draw), draw.dice.pick([...POWERS, draw.scalar() || 1])],
  elu: (draw) => [...unary(draw), draw.scalar()],
  softplus: (draw) => [
    ...unary(draw),
    draw.dice.pick([1, 2, 0.3, draw.scalar() || 1]),
    draw.dice.pick([20, 0.5, draw.scalar()]),
  ],
  clamp: (draw) => [...unary(draw), draw.scalar(), draw.scalar()],
  where(draw) {
    const [, a, b, n] = binary(draw);
    const condition = draw.floats(n);
    return [draw.out(n, a, b, condition), condition, a, b, n];
  },

  reluGrad: binary,
  leakyReluGrad: (draw) => [...binary(draw), draw.scalar()],
  sigmoidGrad: binary,
  tanhGrad: binary,
  geluGrad: binary,
  bceWithLogits: binary,
  siluGrad: binary,
  hardswishGrad: binary,
  eluGrad: (draw) => [...binary(draw), draw.scalar()],
  softplusGrad: (draw) => [
    ...binary(draw),
    draw.dice.pick([1, 2, 0.3, draw.scalar() || 1]),
    draw.dice.pick([20, 0.5, draw.scalar()]),
  ],
  clampGrad: (draw) => [...binary(draw), draw.scalar(), draw.scalar()],
  hardtanhGrad: (draw) => [...binary(draw), draw.scalar(), draw.scalar()],

  addInto(draw) {
    const n = draw.size(600);
    return [draw.floats(n), draw.floats(n), n];
  },
  scale: (draw) => [...inPlace(draw), draw.scalar()],
  clipValue: (draw) => [...inPlace(draw), Math.abs(draw.scalar())],
};
