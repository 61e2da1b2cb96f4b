// The layer that enlarges pictures.
import {
  ConfigError,
  checkOptions,
  type OptionNames,
  requireChoice,
  requireNumber,
} from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import type { Layer } from '../model/model.js';
import { applyOperatorFor } from '../model/tensor.js';
import { WAYS } from '../ops/resample-2d.js';
import { type LengthPair, requirePair, requirePictures } from './windows.js';

/** What `upsample` takes. */
export interface UpsampleOptions {
  /** Of what it gives: one length, or [height, width]. Either this or `scaleFactor`. */
  readonly size?: LengthPair | undefined;
  /** How many times as large; a fraction, too. One number, or one for the height and one for the width. */
  readonly scaleFactor?: LengthPair | undefined;
  /** The only one there is. */
  readonly mode?: 'nearest';
}

const OPTIONS: OptionNames<UpsampleOptions> = { size: true, scaleFactor: true, mode: true };

/**
 * Pictures in another size: x [N, C, H, W] → [N, C, H', W'], where place i takes place ⌊i · step⌋, with a step of H / H', or of
 * 1 / scaleFactor, where H' = ⌊H · scaleFactor⌋. As PyTorch's Upsample with mode nearest.
 *
 * @throws ConfigError unless exactly one of size and scaleFactor is given
 * @throws ShapeError when traced, if the input is not [N, C, H, W], or nothing would be left of it
 */
export function upsample(options: UpsampleOptions): Layer {
  checkOptions('upsample', options, OPTIONS);
  const { size, scaleFactor, mode = 'nearest' } = options;
  requireChoice('upsample', 'mode', mode, ['nearest']);
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ConfigError(
      'upsample: expected size or scaleFactor, and not both, as in upsample({ scaleFactor: 2 })',
    );
  }
  const lengths = size === undefined ? undefined : requirePair('upsample', 'size', size, 1);
  const factors =
    typeof scaleFactor === 'number' ? [scaleFactor, scaleFactor] : (scaleFactor ?? []);
  for (const factor of factors) requireNumber('upsample', 'scaleFactor', factor, { above: 0 });
  if (!lengths && factors.length !== 2) {
    throw new ConfigError('upsample: scaleFactor is a list, expected two: [height, width]');
  }
  return (x) => {
    requirePictures('upsample', x);
    const [, , ...from] = x.shape as number[];
    const to = lengths ?? from.map((length, axis) => Math.floor(length * factors[axis]!));
    if (to.some((length) => length < 1)) {
      throw new ShapeError(
        `upsample: nothing would be left of a picture of ${from.join(' × ')} that is ${factors.join(' × ')} times as large`,
      );
    }
    const [rows, columns] = from.map((length, axis) =>
      Math.fround(lengths ? length / to[axis]! : 1 / factors[axis]!),
    ) as [number, number];
    return applyOperatorFor('upsample', 'resample2d', [x], {
      size: to,
      way: WAYS.nearest,
      rows,
      columns,
      value: 0,
    });
  };
}
