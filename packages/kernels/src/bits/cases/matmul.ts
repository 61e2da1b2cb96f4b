import type { MatmulKernels } from '../../contract/matmul.js';
import { type Case, type Cases, product, some } from './case.js';

type Four = readonly [number, number, number, number];

/** m, p, k */
const PRODUCTS: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [3, 5, 7],
  [4, 8, 16],
  [5, 17, 9],
  [17, 33, 5],
  [2, 10, 128],
  [16, 24, 31],
  [0, 3, 2],
  [3, 0, 2],
  [3, 4, 0],
  [9, 130, 65],
];

/** Of more rows than lie together in a block. */
const LONG_PRODUCTS: readonly (readonly [number, number, number])[] = [
  [5, 9, 97],
  [4, 8, 256],
  [7, 13, 300],
  [9, 3, 700],
];

const matmul: Case = (lab) => {
  for (const [m, p, k] of some(lab, PRODUCTS)) {
    for (const [rowStride, columnStride] of [
      [k, 1],
      [1, m],
    ] as const) {
      for (const [batch, aStride, bStride] of [
        [1, 0, 0],
        [3, m * k, k * p],
        [2, 0, k * p],
      ] as const) {
        const [out, a, b] = [
          lab.room(batch * m * p),
          lab.floats(batch * m * k),
          lab.floats(batch * k * p),
        ];
        lab.kernels.matmul(out, a, b, m, p, k, rowStride, columnStride, batch, aStride, bStride, 0);
        lab.done();
      }
      const [out, a, b] = [lab.room(m * p), lab.floats(m * k), lab.floats(k * p)];
      const panels = lab.room(8 * k * Math.floor(p / 8));
      lab.kernels.packPanels(panels, b, k, p);
      lab.kernels.matmul(out, a, b, m, p, k, rowStride, columnStride, 1, 0, 0, panels);
      lab.done();
    }
  }
};

/** Where each shard begins, and the one behind, in samples; and rows of a sample. */
const SHARDS: readonly (readonly [readonly number[], number])[] = [
  [[0, 5], 1],
  [[0, 3, 5], 1],
  [[0, 2, 3, 3, 5], 3],
  [[0, 16, 33, 49, 66, 82, 98, 115, 131], 1],
  [[0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16], 2],
];

export const CASES: Cases<MatmulKernels> = {
  matmul,
  matmulTransposed(lab) {
    for (const [m, p, k] of some(lab, [...PRODUCTS, ...LONG_PRODUCTS])) {
      const [out, a, d] = [lab.room(m * p), lab.floats(m * k), lab.floats(k * p)];
      lab.kernels.matmulTransposed(out, a, d, m, p, k, lab.scratch(256 * (m + p + 10)));
      lab.done();
    }
  },
  treeMatmulTransposed(lab) {
    for (const [starts, rowsOfSample] of some(lab, SHARDS)) {
      for (const [m, p] of PRODUCTS) {
        const rows = rowsOfSample * starts.at(-1)!;
        const [out, a, d] = [lab.room(m * p), lab.floats(rows * m), lab.floats(rows * p)];
        const [at, shards] = [lab.putWords(starts), starts.length - 1];
        const scratch = lab.scratch(rows * (m + p + 10) + 320);
        lab.kernels.treeMatmulTransposed(out, a, d, m, p, at, shards, rowsOfSample, scratch);
        lab.done();
      }
    }
  },
  matmulBroadcast(lab) {
    for (const [m, p, k] of some(lab, PRODUCTS)) {
      const [a, b] = [m * k, k * p];
      const leading: readonly (readonly [Four, Four, Four])[] = [
        [
          [1, 1, 1, 2],
          [0, 0, 0, a],
          [0, 0, 0, b],
        ],
        [
          [1, 1, 2, 3],
          [0, 0, 3 * a, a],
          [0, 0, 0, b],
        ],
        [
          [2, 3, 1, 2],
          [0, a, 0, 0],
          [2 * b, 0, 0, b],
        ],
        [
          [1, 0, 2, 2],
          [0, 0, 0, 0],
          [0, 0, 0, 0],
        ],
      ];
      for (const [dims, as, bs] of leading) {
        const out = lab.room(product(dims) * m * p);
        const operands = [lab.floats(6 * a), lab.floats(6 * b)] as const;
        lab.kernels.matmulBroadcast(out, ...operands, m, p, k, ...dims, ...as, ...bs);
        lab.done();
      }
    }
  },
  packPanels(lab) {
    for (const [, p, k] of some(lab, PRODUCTS)) {
      lab.kernels.packPanels(lab.room(8 * k * Math.floor(p / 8)), lab.floats(k * p), k, p);
      lab.done();
    }
  },
};
