import type { RandomKernels } from '../../contract/random.js';
import { type Cases, each } from './case.js';

export const CASES: Cases<RandomKernels> = {
  philox: each((lab, n) => lab.kernels.philox(lab.words(4 * n), n, -3, 7, n, 11, 0x12345678, -5)),
  dropout: each((lab, n) => {
    const [out, a, ids] = [lab.room(3 * n), lab.floats(3 * n), lab.integers(3, 60_000)];
    lab.kernels.dropout(out, a, 3, n, ids, 0x40000000, 1.25, 7, 1, 2, n);
  }),
};
