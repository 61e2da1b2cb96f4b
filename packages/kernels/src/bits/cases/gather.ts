import type { GatherKernels } from '../../contract/gather.js';
import type { Lab } from '../lab.js';
import { type Cases, LENGTHS, some } from './case.js';

/** Of outer, the rows of an axis, how many are taken, and floats of a row. */
const SHAPES = [
  ...LENGTHS.map((inner) => [2, 3, 5, inner] as const),
  ...([
    [0, 3, 2, 4],
    [3, 1, 4, 1],
    [5, 40, 1, 1],
    [4, 7, 0, 3],
  ] as const),
] as const;

function each(
  lab: Lab,
  run: (
    shape: readonly [number, number, number, number],
    numbers: readonly [number, number, number],
  ) => void,
) {
  for (const shape of some(lab, SHAPES)) {
    const [outer, length, count] = shape;
    for (const step of [0, count]) {
      const most = (step ? outer : 1) * count;
      // One more than there are rows: it has a row of zeros.
      run(shape, [lab.integers(most, length + 1), 0, step]);
      run(shape, [lab.floats(most, length + 1), 1, step]);
    }
  }
}

export const CASES: Cases<GatherKernels> = {
  gather(lab) {
    each(lab, ([outer, length, count, inner], [indices, isFloat, step]) => {
      const x = lab.floats(outer * length * inner);
      const out = lab.room(outer * count * inner);
      lab.kernels.gather(out, x, indices, isFloat, outer, length, count, inner, step);
      lab.done();
    });
  },
  gatherGrad(lab) {
    each(lab, ([outer, length, count, inner], [indices, isFloat, step]) => {
      const d = lab.floats(outer * count * inner);
      const dx = lab.room(outer * length * inner);
      lab.kernels.gatherGrad(dx, d, indices, isFloat, outer, length, count, inner, step);
      lab.done();
    });
  },
};
