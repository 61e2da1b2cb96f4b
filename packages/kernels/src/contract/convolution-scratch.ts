// How many floats of working memory the kernels of convolutions want: the places of assembly/convolution/ once more, by an
// upper bound that is simple and near. The bits suite gives the kernels this much and no more.

/** The sizes of a convolution of x [samples, c, h, w] to y [samples, o, outH, outW], as its kernels take them. */
export interface ConvolutionSizes {
  readonly c: number;
  readonly h: number;
  readonly w: number;
  readonly o: number;
  readonly outH: number;
  readonly outW: number;
  readonly kh: number;
  readonly kw: number;
  readonly sh: number;
  readonly sw: number;
  readonly top: number;
  readonly left: number;
  readonly dh: number;
  readonly dw: number;
  readonly groups: number;
}

/** Gaps between places, and what stands in front of them. */
const FIXED = 512;
/** Words of a tap: its offset, and weights of four rows. */
const TAP = 5;

/** Floats of a copy with its border. */
function image(channels: number, floats: number): number {
  return channels * (floats + 32);
}

/** The image of x, whose rows and columns are whole numbers of strides. */
function imageOfX({ c, outH, outW, kh, kw, sh, sw, dh, dw }: ConvolutionSizes): number {
  const spanH = outH * sh + (kh - 1) * dh + 1;
  const spanW = outW * sw + (kw - 1) * dw + 1;
  return image(c, spanH * spanW);
}

/** Of `convolve`. */
export function convolveScratch(sizes: ConvolutionSizes): number {
  const { c, o, outH, outW, kh, kw, groups } = sizes;
  const weights = (o + 3 * groups) * (c / groups) * kh * kw * (TAP / 4);
  return Math.ceil(imageOfX(sizes) + weights + 2 * vectors(outH, outW) + FIXED);
}

/** Of `convolveTransposed`. */
export function convolveTransposedScratch(sizes: ConvolutionSizes): number {
  const { c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups } = sizes;
  const above = Math.max(0, Math.ceil(((kh - 1) * dh - top) / sh));
  const before = Math.max(0, Math.ceil(((kw - 1) * dw - left) / sw));
  const spanH = above + Math.max(outH, Math.floor((h - 1 + top) / sh) + 1);
  const spanW = before + Math.max(outW, Math.floor((w - 1 + left) / sw) + 1);
  const weights = (c + 3 * groups) * (o / groups) * kh * kw * (TAP / 4);
  const across = Math.min(sw, w);
  const phases = Math.min(sh, h) * across;
  const lists = 2 * (h * (w / 4 + across) + 3 * phases);
  return Math.ceil(image(o, spanH * spanW) + weights + lists + 8 * phases + FIXED);
}

/** Of `convolveWeights`. */
export function convolveWeightsScratch(sizes: ConvolutionSizes): number {
  const { c, o, outH, outW, kh, kw, groups } = sizes;
  const taps = (c / groups) * kh * kw;
  // Four channels of x once more, where each is convolved by itself.
  const four = c === groups && o === groups ? (4 / c) * imageOfX(sizes) : 0;
  return imageOfX(sizes) + four + taps + 8 * outH * outW + (o + 3 * groups) * taps + FIXED;
}

function vectors(rows: number, cols: number): number {
  return rows * Math.ceil(cols / 4) + 3;
}
