// Layers that give pictures and sequences of a given size, whatever size they have.
import {
  ConfigError,
  checkOptions,
  describeValue,
  type NoOptions,
  requireInteger,
} from '@lockstep/errors';
import type { Layer } from '../model/model.js';
import { applyOperator, mean, type Tensor } from '../model/tensor.js';
import { MAX_WINDOW } from '../ops/window.js';
import { overSequences, requirePictures } from './windows.js';

/** One length for rows and columns, or [rows, columns]; null is the input's. */
export type OutputSize = number | null | readonly [height: number | null, width: number | null];

/**
 * Means of parts: x [N, C, H, W] → [N, C, H', W'], where row i is of the rows from ⌊i H / H'⌋ to ⌈(i + 1) H / H'⌉. With 1 the
 * mean of each channel (global average pooling). As PyTorch's AdaptiveAvgPool2d.
 *
 * @throws ConfigError if a length is not a positive whole number
 * @throws ShapeError when traced, if the input is not [N, C, H, W]
 */
export function adaptiveAvgPool2d(outputSize: OutputSize, options: NoOptions = {}): Layer {
  return adaptiveAvgPool('adaptiveAvgPool2d', outputSize, options);
}

/** Means of parts of a sequence: x [N, C, L] → [N, C, L']. @throws as `adaptiveAvgPool2d` */
export function adaptiveAvgPool1d(outputSize: number, options: NoOptions = {}): Layer {
  const layer = adaptiveAvgPool('adaptiveAvgPool1d', [1, outputSize], options);
  return overSequences('adaptiveAvgPool1d', layer);
}

function adaptiveAvgPool(what: string, outputSize: OutputSize, options: NoOptions): Layer {
  checkOptions(what, options, {});
  const asked: unknown =
    typeof outputSize === 'number' || outputSize === null ? [outputSize, outputSize] : outputSize;
  if (!isTwo(asked)) {
    throw new ConfigError(
      `${what}: outputSize is ${describeValue(outputSize)}, expected a length or two: [height, width]`,
    );
  }
  for (const length of asked) {
    if (length !== null) requireInteger(what, 'outputSize', length, 1, MAX_WINDOW);
  }
  return (x) => {
    requirePictures(what, x);
    return partsOf(
      x,
      asked.map((length, axis) => length ?? (x.shape[2 + axis] as number)),
    );
  };
}

function isTwo(lengths: unknown): lengths is readonly (number | null)[] {
  return Array.isArray(lengths) && lengths.length === 2;
}

/** Even parts are windows side by side, and one part is a plain mean: both have faster kernels. */
function partsOf(x: Tensor, size: readonly number[]): Tensor {
  if (size.every((length) => length === 1)) return mean(x, { axes: [2, 3], keepDims: true });
  const kernel = size.map((length, axis) => (x.shape[2 + axis] as number) / length);
  const divides = kernel.every((length) => Number.isInteger(length) && length <= MAX_WINDOW);
  if (!divides) return applyOperator('adaptiveAvgPool2d', [x], { size });
  return applyOperator('avgPool2d', [x], {
    kernel,
    stride: kernel,
    padding: [0, 0],
    ceilMode: 0,
    countPadding: 0,
    divisor: 0,
  });
}
