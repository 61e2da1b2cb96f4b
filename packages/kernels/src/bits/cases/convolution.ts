import type { ConvolutionKernels } from '../../contract/convolution.js';
import {
  type ConvolutionSizes,
  convolveScratch,
  convolveTransposedScratch,
  convolveWeightsScratch,
} from '../../contract/convolution-scratch.js';
import { type Case, type Cases, some } from './case.js';

/** samples; c, h, w; o, kh, kw; sh, sw; top, left, bottom, right; dh, dw; groups */
export const CONVOLUTIONS: readonly (readonly number[])[] = [
  [2, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1],
  [2, 3, 5, 6, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  [1, 2, 9, 8, 5, 3, 3, 1, 1, 0, 0, 0, 0, 1, 1, 1],
  [3, 1, 7, 7, 6, 5, 5, 1, 1, 2, 2, 2, 2, 1, 1, 1],
  [2, 4, 6, 6, 7, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1],
  [1, 5, 4, 4, 9, 1, 1, 2, 2, 0, 0, 0, 0, 1, 1, 1],
  [2, 2, 9, 11, 3, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1],
  [1, 2, 8, 13, 10, 2, 3, 3, 2, 0, 1, 1, 2, 1, 2, 1],
  [2, 6, 5, 5, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 6],
  [1, 4, 7, 6, 8, 3, 2, 2, 1, 2, 0, 1, 1, 2, 1, 2],
  [2, 3, 1, 17, 4, 1, 5, 1, 3, 0, 2, 0, 2, 1, 2, 1],
  [1, 2, 2, 2, 11, 2, 2, 1, 1, 1, 1, 0, 0, 1, 1, 1],
  [1, 3, 3, 3, 13, 3, 3, 1, 1, 0, 0, 0, 0, 1, 1, 1],
  [1, 2, 3, 3, 2, 1, 1, 5, 5, 2, 2, 2, 2, 1, 1, 1],
  [1, 2, 16, 16, 4, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1],
  [0, 2, 4, 4, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1],
];

export interface Convolution extends ConvolutionSizes {
  readonly samples: number;
}

type EightNumbers = [number, number, number, number, number, number, number, number];

export function sizesOf(numbers: readonly number[]): Convolution {
  const [samples, c, h, w, o, kh, kw, sh, sw, top, left, bottom, right, dh, dw, groups] =
    numbers as unknown as [...EightNumbers, ...EightNumbers];
  const outH = Math.floor((h + top + bottom - (kh - 1) * dh - 1) / sh) + 1;
  const outW = Math.floor((w + left + right - (kw - 1) * dw - 1) / sw) + 1;
  return { samples, c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups };
}

/** As the kernels take them. */
function sizes(of: Convolution): [...EightNumbers, ...EightNumbers] {
  const { samples, c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups } = of;
  return [samples, c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups];
}

const xFloats = ({ samples, c, h, w }: Convolution): number => samples * c * h * w;
const yFloats = ({ samples, o, outH, outW }: Convolution): number => samples * o * outH * outW;
const weightFloats = ({ c, o, kh, kw, groups }: Convolution): number => (o * c * kh * kw) / groups;

function each(call: (lab: Parameters<Case>[0], of: Convolution) => void): Case {
  return (lab) => {
    for (const numbers of some(lab, CONVOLUTIONS)) {
      call(lab, sizesOf(numbers));
      lab.done();
    }
  };
}

export const CASES: Cases<ConvolutionKernels> = {
  convolve: each((lab, of) => {
    const [x, weight] = [lab.floats(xFloats(of)), lab.floats(weightFloats(of))];
    for (const bias of [0, lab.floats(of.o)]) {
      const scratch = lab.scratch(convolveScratch(of));
      lab.kernels.convolve(lab.room(yFloats(of)), x, weight, bias, scratch, ...sizes(of));
    }
  }),
  convolveTransposed: each((lab, of) => {
    const [y, weight] = [lab.floats(yFloats(of)), lab.floats(weightFloats(of))];
    for (const bias of [0, lab.floats(of.c)]) {
      const scratch = lab.scratch(convolveTransposedScratch(of));
      lab.kernels.convolveTransposed(lab.room(xFloats(of)), y, weight, bias, scratch, ...sizes(of));
    }
  }),
  convolveWeights: each((lab, of) => {
    const [x, dy] = [lab.floats(xFloats(of)), lab.floats(yFloats(of))];
    const scratch = lab.scratch(convolveWeightsScratch(of));
    lab.kernels.convolveWeights(lab.room(weightFloats(of)), x, dy, scratch, ...sizes(of));
  }),
};
