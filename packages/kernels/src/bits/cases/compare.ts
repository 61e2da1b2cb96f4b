import type { CompareKernels } from '../../contract/compare.js';
import { type Case, type Cases, product, some } from './case.js';

type Six = readonly [number, number, number, number, number, number];

/** Extents, then the strides of two inputs of 144 numbers, the second being the first again where they are to be equal. */
const PAIRS: readonly (readonly [Six, Six, Six])[] = [
  [
    [1, 1, 1, 1, 1, 37],
    [0, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 1],
  ],
  [
    [1, 1, 1, 2, 5, 9],
    [0, 0, 0, 0, 9, 1],
    [0, 0, 0, 9, 0, 1],
  ],
  [
    [2, 3, 2, 2, 3, 2],
    [72, 24, 12, 6, 2, 1],
    [1, 2, 6, 12, 24, 72],
  ],
  [
    [1, 2, 1, 0, 3, 2],
    [0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
  ],
  [
    [1, 1, 1, 1, 7, 3],
    [0, 0, 0, 0, 1, 0],
    [0, 0, 0, 0, 0, 0],
  ],
];

function paired(name: keyof CompareKernels): Case {
  return (lab) => {
    for (const [dims, as, bs] of some(lab, PAIRS)) {
      const a = lab.awkward(144);
      for (const b of [lab.awkward(144), a]) {
        lab.kernels[name](lab.room(product(dims)), a, b, ...dims, ...as, ...bs);
        lab.done();
      }
    }
  };
}

export const CASES: Cases<CompareKernels> = {
  greater: paired('greater'),
  greaterEqual: paired('greaterEqual'),
  equal: paired('equal'),
  notEqual: paired('notEqual'),
  maximum: paired('maximum'),
  minimum: paired('minimum'),
};
