import type { ConvolutionKernels } from '../../../contract/convolution.js';
import {
  type ConvolutionSizes,
  convolveScratch,
  convolveTransposedScratch,
  convolveWeightsScratch,
} from '../../../contract/convolution-scratch.js';
import type { Draw } from '../draw.js';
import type { RandomCases } from '../random-case.js';

type Eight = [number, number, number, number, number, number, number, number];

interface Drawn {
  readonly of: ConvolutionSizes;
  readonly arguments: [...Eight, ...Eight];
  readonly x: number;
  readonly y: number;
  readonly weight: number;
}

const MOST_TERMS = 60_000;
const MOST_FLOATS = 6000;

function convolution({ dice }: Draw): Drawn {
  for (;;) {
    const isDepthwise = dice.once(4);
    const groups = isDepthwise ? dice.between(1, 20) : dice.once(4) ? dice.between(2, 4) : 1;
    const c = groups * (isDepthwise ? 1 : dice.between(1, dice.pick([2, 5, 17])));
    const o =
      groups * (isDepthwise ? dice.pick([1, 1, 2]) : dice.between(1, dice.pick([3, 9, 33])));
    const [h, w] = [dice.between(1, dice.pick([6, 17])), dice.between(1, dice.pick([9, 20, 60]))];
    const [kh, kw] = dice.once(4) ? [1, 1] : [dice.between(1, 5), dice.between(1, 5)];
    const [sh, sw] = dice.once(2) ? [1, 1] : [dice.between(1, 4), dice.between(1, 4)];
    const [dh, dw] = dice.once(2) ? [1, 1] : [dice.between(1, 3), dice.between(1, 3)];
    const border = (): number => (dice.once(2) ? 0 : dice.between(0, 3));
    const [top, left, bottom, right] = [border(), border(), border(), border()];
    const outH = Math.floor((h + top + bottom - (kh - 1) * dh - 1) / sh) + 1;
    const outW = Math.floor((w + left + right - (kw - 1) * dw - 1) / sw) + 1;
    if (outH < 1 || outW < 1) continue;
    const samples = dice.once(12) ? 0 : dice.between(1, 2);
    const [x, y] = [samples * c * h * w, samples * o * outH * outW];
    const weight = (o * c * kh * kw) / groups;
    if (x > MOST_FLOATS || y > MOST_FLOATS || weight > MOST_FLOATS) continue;
    if ((y * weight) / o > MOST_TERMS) continue;
    const of = { c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups };
    return {
      of,
      arguments: [samples, c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups],
      ...{ x, y, weight },
    };
  }
}

export const CASES: RandomCases<ConvolutionKernels> = {
  convolve(draw) {
    const { of, arguments: given, x, y, weight } = convolution(draw);
    const [from, by] = [draw.floats(x), draw.floats(weight)];
    const bias = draw.dice.once(2) ? 0 : draw.floats(of.o);
    return [draw.room(y), from, by, bias, draw.scratch(convolveScratch(of)), ...given];
  },
  convolveTransposed(draw) {
    const { of, arguments: given, x, y, weight } = convolution(draw);
    const [from, by] = [draw.floats(y), draw.floats(weight)];
    const bias = draw.dice.once(2) ? 0 : draw.floats(of.c);
    return [draw.room(x), from, by, bias, draw.scratch(convolveTransposedScratch(of)), ...given];
  },
  convolveWeights(draw) {
    const { of, arguments: given, x, y, weight } = convolution(draw);
    const scratch = draw.scratch(convolveWeightsScratch(of));
    return [draw.room(weight), draw.floats(x), draw.floats(y), scratch, ...given];
  },
};
