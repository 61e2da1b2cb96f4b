// Random cases of convolutions, of transposed ones and of the gradients of their weights: every tile shape is met now and then.
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

const MOST_TERMS = 50_000;
const MOST_FLOATS = 6000;

/** Channels of x and of y, in groups: any number of them, or whole vectors, which have ways of their own. */
function channels({ dice }: Draw): [c: number, o: number, groups: number] {
  if (dice.once(4)) {
    const groups = dice.between(1, 20);
    return [groups, groups * dice.pick([1, 1, 2]), groups];
  }
  const groups = dice.once(4) ? dice.between(2, 4) : 1;
  const some = (most: number): number =>
    dice.once(3) ? 8 * dice.between(1, 6) : dice.between(1, dice.pick([2, 9, most]));
  return [groups * some(17), groups * some(33), groups];
}

function convolution(draw: Draw): Drawn {
  const { dice } = draw;
  const more = draw.isLarge ? 12 : 1;
  for (;;) {
    const [c, o, groups] = channels(draw);
    const [h, w] = [dice.between(1, dice.pick([6, 17])), dice.between(1, dice.pick([9, 20, 60]))];
    const side = (): number => dice.between(1, dice.once(6) ? 9 : 5);
    const [kh, kw] = dice.once(4) ? [1, 1] : [side(), side()];
    const [sh, sw] = dice.once(3) ? [dice.between(1, 4), dice.between(1, 4)] : [1, 1];
    const [dh, dw] = dice.once(4) ? [dice.between(1, 3), dice.between(1, 3)] : [1, 1];
    const border = (): number => (dice.once(2) ? 0 : dice.between(0, 3));
    const [top, left, bottom, right] = [border(), border(), border(), border()];
    const outH = Math.floor((h + top + bottom - (kh - 1) * dh - 1) / sh) + 1;
    const outW = Math.floor((w + left + right - (kw - 1) * dw - 1) / sw) + 1;
    if (outH < 1 || outW < 1) continue;
    const samples = dice.once(12) ? 0 : dice.between(1, 2);
    const [x, y] = [samples * c * h * w, samples * o * outH * outW];
    const weight = (o * c * kh * kw) / groups;
    if (Math.max(x, y, weight) > MOST_FLOATS * more) continue;
    if ((y * weight) / o > MOST_TERMS * more) continue;
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
