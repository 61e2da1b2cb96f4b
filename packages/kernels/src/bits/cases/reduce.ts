import type { ReduceKernels } from '../../contract/reduce.js';
import { type Case, type Cases, each, LENGTHS, some } from './case.js';

const REDUCTIONS = [
  ...LENGTHS.map((len) => [3, len, 1] as const),
  ...[...[1, 2, 5], ...[8, 9, 40]].map((inner) => [2, 7, inner] as const),
  [0, 4, 3],
  [3, 0, 5],
] as const;

function reduce(name: 'sum' | 'max'): Case {
  return (lab) => {
    for (const [outer, len, inner] of some(lab, REDUCTIONS)) {
      for (const a of ['floats', 'awkward'] as const) {
        lab.kernels[name](lab.room(outer * inner), lab[a](outer * len * inner), outer, len, inner);
        lab.done();
      }
    }
  };
}

export const CASES: Cases<ReduceKernels> = {
  sum: reduce('sum'),
  max: reduce('max'),
  maxGrad(lab) {
    for (const [outer, len, inner] of some(lab, REDUCTIONS)) {
      // Whole numbers, so that there are several maxima.
      const x = lab.put(lab.draw(outer * len * inner, 2).map(Math.round));
      const y = lab.room(outer * inner);
      const [out, dy] = [lab.room(outer * len * inner), lab.floats(outer * inner)];
      lab.kernels.max(y, x, outer, len, inner);
      lab.kernels.maxGrad(out, dy, x, y, outer, len, inner);
      lab.done();
    }
  },
  sumSquares: each((lab, n) => lab.kernels.sumSquares(lab.floats(n), n)),
  allFinite: each((lab, n) => lab.kernels.allFinite(n % 2 ? lab.floats(n) : lab.awkward(n), n)),
};
