// Layers that keep the greatest of each window.
import { checkOptions, type OptionNames, requireBoolean } from '@lockstep/errors';
import type { Layer } from '../model/model.js';
import { applyOperatorFor } from '../model/tensor.js';
import { type LengthPair, overSequences, requirePair, requirePictures } from './windows.js';

/** Lengths are one for rows and columns, or [rows, columns]. */
export interface MaxPool2dOptions {
  /** How far apart windows begin. Default: the kernel's size, so that they lie side by side. */
  readonly stride?: LengthPair | undefined;
  /** On all sides, at most half of the kernel; it counts as −∞. Default 0. */
  readonly padding?: LengthPair;
  /** How far apart a window's taps are. Default 1. */
  readonly dilation?: LengthPair;
  /** Whether a last window that is not whole counts. Default false. */
  readonly ceilMode?: boolean;
}

/** What `maxPool1d` takes. */
export interface MaxPool1dOptions {
  readonly stride?: number | undefined;
  readonly padding?: number;
  readonly dilation?: number;
  readonly ceilMode?: boolean;
}

const OPTIONS: OptionNames<MaxPool2dOptions> = {
  stride: true,
  padding: true,
  dilation: true,
  ceilMode: true,
};

/**
 * The greatest of each window: x [N, C, H, W] → [N, C, H', W'], with H' = ⌊(H + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1,
 * or ⌈…⌉ with `ceilMode`. As PyTorch's MaxPool2d; of equal values the first, row by row, gets the gradient.
 *
 * @param kernelSize of a window: one length, or [rows, columns]
 * @throws ConfigError if a length is no whole number
 * @throws ShapeError when traced, if the input is not [N, C, H, W], is smaller than a window, or the padding is more than half of one
 */
export function maxPool2d(kernelSize: LengthPair, options: MaxPool2dOptions = {}): Layer {
  return maxPool('maxPool2d', kernelSize, options);
}

/**
 * The greatest of each window of a sequence: x [N, C, L] → [N, C, L'], as `maxPool2d` does for rows and columns.
 *
 * @throws as `maxPool2d`
 */
export function maxPool1d(kernelSize: number, options: MaxPool1dOptions = {}): Layer {
  checkOptions('maxPool1d', options, OPTIONS);
  const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false } = options;
  const layer = maxPool('maxPool1d', [1, kernelSize], {
    stride: [1, stride],
    padding: [0, padding],
    dilation: [1, dilation],
    ceilMode,
  });
  return overSequences('maxPool1d', layer);
}

function maxPool(what: string, kernelSize: LengthPair, options: MaxPool2dOptions): Layer {
  checkOptions(what, options, OPTIONS);
  const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false } = options;
  requireBoolean(what, 'ceilMode', ceilMode);
  const attributes = {
    kernel: requirePair(what, 'kernelSize', kernelSize, 1),
    stride: requirePair(what, 'stride', stride, 1),
    padding: requirePair(what, 'padding', padding, 0),
    dilation: requirePair(what, 'dilation', dilation, 1),
    ceilMode: Number(ceilMode),
  };
  return (x) => {
    requirePictures(what, x);
    return applyOperatorFor(what, 'maxPool2d', [x], attributes);
  };
}
