import type { PoolKernels } from '../../contract/pool.js';
import { type Cases, some } from './case.js';

type Sides = readonly [number, number];

interface Pooling {
  readonly planes: number;
  readonly size: Sides;
  readonly out: Sides;
  readonly window: readonly [number, number, number, number, number, number];
  readonly dilation: Sides;
}

/** How many windows there are, without those that begin behind the end. */
function outputs(size: number, k: number, s: number, p: number, d: number): number {
  return Math.floor((size + 2 * p - d * (k - 1) - 1) / s) + 1;
}

const SIZES: readonly Sides[] = [
  [2, 2],
  [4, 6],
  [5, 9],
  [7, 17],
  [6, 35],
  [3, 64],
];

/** Of each size, how many. */
const PLANES = [1, 2, 0, 3, 1, 2] as const;

/** kernel, stride, padding, dilation, of both axes. */
const WINDOWS = [
  [2, 2, 2, 2, 0, 0, 1, 1],
  [3, 3, 1, 1, 1, 1, 1, 1],
  [3, 3, 2, 2, 1, 1, 1, 1],
  [1, 2, 3, 1, 0, 1, 1, 1],
  [2, 3, 1, 3, 1, 1, 2, 1],
  [3, 2, 3, 2, 0, 0, 1, 1],
] as const;

const CASES_OF: readonly Pooling[] = SIZES.flatMap(([h, w], at) =>
  WINDOWS.flatMap(([kh, kw, sh, sw, ph, pw, dh, dw]): Pooling[] => {
    const out = [outputs(h, kh, sh, ph, dh), outputs(w, kw, sw, pw, dw)] as const;
    if (out[0] < 1 || out[1] < 1) return [];
    return [
      {
        planes: PLANES[at]!,
        size: [h, w],
        out,
        window: [kh, kw, sh, sw, ph, pw],
        dilation: [dh, dw],
      },
    ];
  }),
);

/** Out, way, rows and columns, that fit planes of 4 x 6. */
const PICKINGS: readonly (readonly [Sides, number, number, number])[] = [
  [[7, 9], 0, 2, 1],
  [[7, 11], 1, 3, 4],
  [[9, 8], 2, 5, 0],
  [[8, 12], 3, 0.5, 0.5],
  [[4, 12], 3, 1, 0.5],
  [[5, 13], 3, Math.fround(4 / 5), Math.fround(6 / 13)],
  [[3, 2], 3, 1.3, 100],
];

const area = ([h, w]: Sides): number => h * w;

export const CASES: Cases<PoolKernels> = {
  maxPool(lab) {
    for (const { planes, size, out, window, dilation } of some(lab, CASES_OF)) {
      for (const values of ['floats', 'awkward'] as const) {
        const y = lab.room(planes * area(out));
        const x = lab[values](planes * area(size));
        lab.kernels.maxPool(y, x, planes, ...size, ...out, ...window, ...dilation);
        lab.done();
      }
    }
  },
  maxPoolGrad(lab) {
    for (const { planes, size, out, window, dilation } of some(lab, CASES_OF)) {
      // Whole numbers, so that there are several maxima.
      const x = lab.put(lab.draw(planes * area(size), 2).map(Math.round));
      const dy = lab.floats(planes * area(out));
      const dx = lab.room(planes * area(size));
      lab.kernels.maxPoolGrad(dx, dy, x, planes, ...size, ...out, ...window, ...dilation);
      lab.done();
    }
  },
  avgPool(lab) {
    for (const [i, { planes, size, out, window }] of CASES_OF.entries()) {
      const y = lab.room(planes * area(out));
      const x = i % 4 ? lab.floats(planes * area(size)) : lab.awkward(planes * area(size));
      lab.kernels.avgPool(y, x, planes, ...size, ...out, ...window, i % 2, i % 3 ? 0 : 3);
      lab.done();
    }
  },
  avgPoolGrad(lab) {
    for (const [i, { planes, size, out, window }] of CASES_OF.entries()) {
      const dy = lab.floats(planes * area(out));
      const dx = lab.room(planes * area(size));
      lab.kernels.avgPoolGrad(dx, dy, planes, ...size, ...out, ...window, i % 2, i % 3 ? 0 : 3);
      lab.done();
    }
  },
  adaptiveAvgPool(lab) {
    for (const [i, [h, w]] of SIZES.entries()) {
      const [planes, out] = [PLANES[i]!, [1 + (i % h), 1 + ((5 * i) % (w + 3))] as const];
      const [y, x] = [lab.room(planes * area(out)), lab.floats(planes * h * w)];
      lab.kernels.adaptiveAvgPool(y, x, planes, h, w, ...out);
      lab.done();
    }
  },
  adaptiveAvgPoolGrad(lab) {
    for (const [i, [h, w]] of SIZES.entries()) {
      const [planes, out] = [PLANES[i]!, [1 + (i % h), 1 + ((5 * i) % (w + 3))] as const];
      const [dx, dy] = [lab.room(planes * h * w), lab.floats(planes * area(out))];
      lab.kernels.adaptiveAvgPoolGrad(dx, dy, planes, h, w, ...out);
      lab.done();
    }
  },
  resample(lab) {
    for (const [i, [out, way, rows, columns]] of PICKINGS.entries()) {
      const [y, x] = [lab.room((1 + (i % 2)) * area(out)), lab.floats((1 + (i % 2)) * 24)];
      lab.kernels.resample(y, x, 1 + (i % 2), 4, 6, ...out, way, rows, columns, 1.5);
      lab.done();
    }
  },
  resampleGrad(lab) {
    for (const [i, [out, way, rows, columns]] of PICKINGS.entries()) {
      const [dx, dy] = [lab.room((1 + (i % 2)) * 24), lab.floats((1 + (i % 2)) * area(out))];
      lab.kernels.resampleGrad(dx, dy, 1 + (i % 2), 4, 6, ...out, way, rows, columns);
      lab.done();
    }
  },
};
