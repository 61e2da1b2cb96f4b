// Random cases of optimizers, means and what is done to state.
import type { ScalarsOf, UpdateKernel } from '../../../contract/kernels.js';
import type { UpdateKernels } from '../../../contract/update.js';
import { scalarNames } from '../../../kernels.generated.js';
import type { Draw } from '../draw.js';
import type { RandomCases } from '../random-case.js';

type Update = [
  ...[out: number, old: number, stride: number, g: number, more: number, n: number],
  scalars: number,
];

/** What a scalar may be. */
const SCALARS: Readonly<Record<ScalarsOf<UpdateKernel>, readonly number[]>> = {
  count: [1, 48, 64, 1000],
  lr: [0.01, 0.1, 1e-4],
  weightDecay: [0, 0, 0.01, 0.3],
  momentum: [0, 0.9],
  gain: [1, 0.75],
  nesterov: [0, 1],
  first: [0, 1],
  stepSize: [0.01, 0.003],
  beta1: [0.9, 0],
  oneMinusBeta1: [0.1, 1],
  beta2: [0.999, 0.9],
  oneMinusBeta2: [0.001, 0.1],
  scale2: [22.36, 1],
  eps: [1e-8, 1e-3],
  decay: [1, 0.999],
  alpha: [0.99, 0.5],
  oneMinusAlpha: [0.01, 0.5],
};

function update(name: UpdateKernel, vectors: number): (draw: Draw) => Update {
  return (draw) => {
    const { dice } = draw;
    const n = draw.size(900);
    const stride = n + dice.below(9);
    const length = (vectors - 1) * stride + n;
    const old = draw.floats(length);
    // Behind the parameters lie moments, of which the second ones have no sign.
    const state = draw.wordsAt(old, length);
    for (let i = stride; i < length; i++) state[i]! &= 0x7fffffff;
    const out = draw.out(length, old);
    const g = draw.floats(n);
    const more = dice.once(2) ? 0 : draw.floats(n);
    const scalars = draw.given(scalarNames[name].map((scalar) => dice.pick(SCALARS[scalar])));
    return [out, old, 4 * stride, g, more, n, scalars];
  };
}

export const CASES: RandomCases<UpdateKernels> = {
  average(draw) {
    const n = draw.size(900);
    return [draw.floats(n), n, draw.dice.pick(SCALARS.count)];
  },
  flushSubnormals(draw) {
    const n = draw.size(900);
    return [draw.floats(n), n];
  },
  sgd: update('sgd', 1),
  momentum: update('momentum', 2),
  adam: update('adam', 3),
  rmsprop: update('rmsprop', 2),
  rmspropMomentum: update('rmspropMomentum', 3),
};
