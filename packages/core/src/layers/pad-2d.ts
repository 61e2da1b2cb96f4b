// Layers that put a border around pictures.
import {
  ConfigError,
  checkOptions,
  describeValue,
  type NoOptions,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import type { Layer } from '../model/model.js';
import { applyOperatorFor } from '../model/tensor.js';
import { WAYS } from '../ops/resample-2d.js';
import { MAX_WINDOW } from '../ops/window.js';
import { requirePictures } from './windows.js';

/** How many places are added: on every side, or on each. */
export type Padding = number | readonly [left: number, right: number, top: number, bottom: number];

/**
 * Zeros around pictures: x [N, C, H, W] → [N, C, H + top + bottom, W + left + right]. As PyTorch's ZeroPad2d.
 *
 * @throws ConfigError if a length is no whole number of at least 0
 * @throws ShapeError when traced, if the input is not [N, C, H, W]
 */
export function zeroPad2d(padding: Padding, options: NoOptions = {}): Layer {
  return pad2d('zeroPad2d', padding, options, WAYS.constant);
}

/** As `zeroPad2d`, with a number instead of zeros. As PyTorch's ConstantPad2d. @throws as `zeroPad2d` */
export function constantPad2d(padding: Padding, value: number, options: NoOptions = {}): Layer {
  requireNumber('constantPad2d', 'value', value);
  return pad2d('constantPad2d', padding, options, WAYS.constant, value);
}

/**
 * As `zeroPad2d`, with the picture mirrored at its first and last places, which are not said twice. As PyTorch's
 * ReflectionPad2d.
 *
 * @throws as `zeroPad2d`; ShapeError also if the padding is not shorter than the picture
 */
export function reflectionPad2d(padding: Padding, options: NoOptions = {}): Layer {
  return pad2d('reflectionPad2d', padding, options, WAYS.reflect);
}

/** As `zeroPad2d`, with the picture's first and last places repeated. As PyTorch's ReplicationPad2d. @throws as `zeroPad2d` */
export function replicationPad2d(padding: Padding, options: NoOptions = {}): Layer {
  return pad2d('replicationPad2d', padding, options, WAYS.replicate);
}

function pad2d(what: string, padding: Padding, options: NoOptions, way: number, value = 0): Layer {
  checkOptions(what, options, {});
  const sides = typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  if (!Array.isArray(sides) || sides.length !== 4) {
    throw new ConfigError(
      `${what}: padding is ${describeValue(padding)}, expected a whole number or four: [left, right, top, bottom]`,
    );
  }
  for (const side of sides) requireInteger(what, 'padding', side, 0, MAX_WINDOW);
  const [left, right, top, bottom] = sides as [number, number, number, number];
  return (x) => {
    requirePictures(what, x);
    const [, , h, w] = x.shape as number[];
    const size = [h! + top + bottom, w! + left + right];
    // The sign of a zero does not survive JSON, so it is dropped at once.
    return applyOperatorFor(what, 'resample2d', [x], {
      size,
      way,
      rows: top,
      columns: left,
      value: value + 0,
    });
  };
}
