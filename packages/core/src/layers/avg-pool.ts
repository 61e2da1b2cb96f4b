// Layers that keep the mean of each window.
import { checkOptions, type OptionNames, requireBoolean, requireNumber } from '@lockstep/errors';
import type { Layer } from '../model/model.js';
import { applyOperatorFor } from '../model/tensor.js';
import { type LengthPair, overSequences, requirePair, requirePictures } from './windows.js';

/** Lengths are one for rows and columns, or [rows, columns]. */
export interface AvgPool2dOptions {
  /** How far apart windows begin. Default: the kernel's size, so that they lie side by side. */
  readonly stride?: LengthPair | undefined;
  /** Zeros on all sides, at most half of the kernel. Default 0. */
  readonly padding?: LengthPair;
  /** Whether a last window that is not whole counts. Default false. */
  readonly ceilMode?: boolean;
  /** Whether zeros of the padding count in the number that a sum is divided by. Default true. */
  readonly countIncludePad?: boolean;
  /** What sums are divided by instead. */
  readonly divisorOverride?: number | undefined;
}

/** What `avgPool1d` takes. */
export interface AvgPool1dOptions {
  readonly stride?: number | undefined;
  readonly padding?: number;
  readonly ceilMode?: boolean;
  readonly countIncludePad?: boolean;
}

const OPTIONS_1D: OptionNames<AvgPool1dOptions> = {
  stride: true,
  padding: true,
  ceilMode: true,
  countIncludePad: true,
};

const OPTIONS: OptionNames<AvgPool2dOptions> = { ...OPTIONS_1D, divisorOverride: true };

/**
 * The mean of each window: x [N, C, H, W] → [N, C, H', W'], with H' as `maxPool2d` has it. As PyTorch's AvgPool2d.
 *
 * @param kernelSize of a window: one length, or [rows, columns]
 * @throws ConfigError if a length is no whole number, or the divisor is 0 or not finite
 * @throws ShapeError when traced, if the input is not [N, C, H, W], is smaller than a window, or the padding is more than half of one
 */
export function avgPool2d(kernelSize: LengthPair, options: AvgPool2dOptions = {}): Layer {
  return avgPool('avgPool2d', kernelSize, options);
}

/**
 * The mean of each window of a sequence: x [N, C, L] → [N, C, L'].
 *
 * @throws as `avgPool2d`
 */
export function avgPool1d(kernelSize: number, options: AvgPool1dOptions = {}): Layer {
  checkOptions('avgPool1d', options, OPTIONS_1D);
  const { stride = kernelSize, padding = 0, ...rest } = options;
  const layer = avgPool('avgPool1d', [1, kernelSize], {
    stride: [1, stride],
    padding: [0, padding],
    ...rest,
  });
  return overSequences('avgPool1d', layer);
}

function avgPool(what: string, kernelSize: LengthPair, options: AvgPool2dOptions): Layer {
  checkOptions(what, options, OPTIONS);
  const { stride = kernelSize, padding = 0, ceilMode = false, countIncludePad = true } = options;
  const { divisorOverride } = options;
  requireBoolean(what, 'ceilMode', ceilMode);
  requireBoolean(what, 'countIncludePad', countIncludePad);
  if (divisorOverride !== undefined)
    requireNumber(what, 'divisorOverride', divisorOverride, { above: 0 });
  const attributes = {
    kernel: requirePair(what, 'kernelSize', kernelSize, 1),
    stride: requirePair(what, 'stride', stride, 1),
    padding: requirePair(what, 'padding', padding, 0),
    ceilMode: Number(ceilMode),
    countPadding: Number(countIncludePad),
    divisor: divisorOverride ?? 0,
  };
  return (x) => {
    requirePictures(what, x);
    return applyOperatorFor(what, 'avgPool2d', [x], attributes);
  };
}
