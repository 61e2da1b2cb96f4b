import type { DataKernels } from '../../contract/data.js';
import { type Cases, each } from './case.js';

export const CASES: Cases<DataKernels> = {
  bytesToFloats: each((lab, n) =>
    lab.kernels.bytesToFloats(lab.room(n), lab.bytes(n, 0.2), n, 255),
  ),
  bytesToInts: each((lab, n) => lab.kernels.bytesToInts(lab.words(n), lab.bytes(n, 0.2), n)),
};
