// Convolutions of pictures [samples, channels, rows, columns], as deep learning calls what is a cross-correlation.

/**
 * x [samples, c, h, w] is the wide side and y [samples, o, outH, outW] the convolved one, whichever is computed of the
 * other; weights are [o, c / groups, kh, kw].
 * sh, sw: steps of the kernel; top, left: rows and columns of zeros before x, and as many behind it as the kernel meets
 * dh, dw: steps from one tap to the next; groups: channels of x that one of y reads are those of its group
 */
type Sizes = [
  'samples: i32',
  'c: i32',
  'h: i32',
  'w: i32',
  'o: i32',
  'outH: i32',
  'outW: i32',
  'kh: i32',
  'kw: i32',
  'sh: i32',
  'sw: i32',
  'top: i32',
  'left: i32',
  'dh: i32',
  'dw: i32',
  'groups: i32',
];

export interface ConvolutionKernels {
  /**
   * out [samples, o, outH, outW] = the convolution of x, plus bias [o], if it is not 0.
   * Every element is one accumulator from +0 that takes weight[o, ci, r, s] × x[ci, i sh + r dh - top, j sw + s dw - left]
   * for (ci, r, s) ascending, zeros of the border like any others; then the bias is added.
   *
   * scratch: as many floats as convolveScratch says
   */
  convolve: ['out: usize', 'x: usize', 'weight: usize', 'bias: usize', 'scratch: usize', ...Sizes];
  /**
   * out [samples, c, h, w] = what each element of x gets from y, as convolve would have read it: the gradient of x, of y's;
   * plus bias [c], if it is not 0. Every element is one accumulator from +0 that takes weight[oi, ci, r, s] × y[oi, i, j]
   * for (oi, r, s) ascending, where a tap (r, s) meets a position (i, j) of y or would if y went on, as zeros.
   *
   * scratch: as many floats as convolveTransposedScratch says
   */
  convolveTransposed: [
    'out: usize',
    'y: usize',
    'weight: usize',
    'bias: usize',
    'scratch: usize',
    ...Sizes,
  ];
  /**
   * out [o, c / groups, kh, kw] = the gradient of the weights, summed over all samples. Every element is one accumulator
   * from +0 that takes dy[oi, i, j] × x[ci, i sh + r dh - top, j sw + s dw - left] for (sample, i, j) ascending.
   *
   * scratch: as many floats as convolveWeightsScratch says
   */
  convolveWeights: ['out: usize', 'x: usize', 'dy: usize', 'scratch: usize', ...Sizes];
}
