import type { ScalarsOf, UpdateKernel } from '../../contract/kernels.js';
import type { UpdateKernels } from '../../contract/update.js';
import { scalarNames } from '../../kernels.generated.js';
import { type Case, type Cases, each, LENGTHS, some } from './case.js';

/** The scalars of an update as they might be, the count left out. */
type Setting<Name extends UpdateKernel> = Record<Exclude<ScalarsOf<Name>, 'count'>, number>;

/** Floats between the vectors of a state. */
const GAP = 3;

/** Over old state to new; second moments are no less than 0. */
function update<Name extends UpdateKernel>(
  name: Name,
  vectors: number,
  settings: readonly Setting<Name>[],
): Case {
  return (lab) => {
    for (const n of some(lab, [...LENGTHS, 1001])) {
      for (const setting of settings) {
        for (const [count, hasMore] of [
          [48, true],
          [64, false],
        ] as const) {
          const stride = n + GAP;
          const state = new Float32Array(vectors * stride);
          state.set(lab.draw(n));
          for (let vector = 1; vector < vectors; vector++) {
            state.set(lab.draw(n, 0.01).map(Math.abs), vector * stride);
          }
          const values: Record<string, number> = { ...setting, count };
          const scalars = lab.put(scalarNames[name].map((scalar) => values[scalar]!));
          const [out, old, g] = [lab.room(state.length), lab.put(state), lab.floats(n)];
          const more = hasMore ? lab.floats(n) : 0;
          lab.done(lab.kernels[name](out, old, 4 * stride, g, more, n, scalars));
        }
      }
    }
  };
}

const MOMENTS = {
  stepSize: 0.01,
  beta1: 0.9,
  oneMinusBeta1: 0.1,
  beta2: 0.999,
  oneMinusBeta2: 0.001,
};
const ROOT = { scale2: 22.36, eps: 1e-8 };
const SQUARE = { lr: 0.01, alpha: 0.99, oneMinusAlpha: 0.01, eps: 1e-8 };
const VELOCITY = { lr: 0.01, momentum: 0.9, gain: 0.75 };

export const CASES: Cases<UpdateKernels> = {
  average: each((lab, n) =>
    lab.kernels.average(n % 3 ? lab.floats(n) : lab.awkward(n), n, n % 2 ? 48 : 64),
  ),
  flushSubnormals: each((lab, n) => lab.kernels.flushSubnormals(lab.awkward(n), n)),
  sgd: update('sgd', 1, [
    { lr: 0.01, weightDecay: 0 },
    { lr: 0.1, weightDecay: 0.01 },
  ]),
  momentum: update('momentum', 2, [
    { ...VELOCITY, weightDecay: 0, nesterov: 0, first: 0 },
    { ...VELOCITY, weightDecay: 0.1, nesterov: 0, first: 1 },
    { ...VELOCITY, weightDecay: 0.1, nesterov: 1, first: 0 },
    { ...VELOCITY, weightDecay: 0, nesterov: 1, first: 1 },
  ]),
  adam: update('adam', 3, [
    { ...MOMENTS, ...ROOT, weightDecay: 0, decay: 1 },
    { ...MOMENTS, ...ROOT, weightDecay: 0.1, decay: 1 },
    { ...MOMENTS, ...ROOT, weightDecay: 0, decay: 0.999 },
  ]),
  rmsprop: update('rmsprop', 2, [
    { ...SQUARE, weightDecay: 0 },
    { ...SQUARE, weightDecay: 0.1 },
  ]),
  rmspropMomentum: update('rmspropMomentum', 3, [
    { ...SQUARE, weightDecay: 0, momentum: 0.9 },
    { ...SQUARE, weightDecay: 0.1, momentum: 0.9 },
  ]),
};
