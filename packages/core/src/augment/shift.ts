// Shift: the picture moves by whole pixels, up or down and left or right, each from −pixels to pixels alike.
import { checkOptions, type NoOptions, requireInteger } from '@lockstep/errors';
import { move, nothingLeft } from './move.js';
import type { AugmentationRule } from './rule.js';

/** An augmentation: `shift`. */
export interface Shift {
  readonly kind: 'shift';
  readonly pixels: number;
}

export const MAX_PIXELS = 65_535;

/** Moves pictures by up to so many pixels each way; zeros come in. @throws ConfigError unless it is a whole number above 0 */
export function shift(pixels = 2, options: NoOptions = {}): Shift {
  checkOptions('shift', options, {});
  return {
    kind: 'shift',
    pixels: requireInteger('shift', 'pixels', pixels, 1, MAX_PIXELS),
  };
}

export const shiftRule: AugmentationRule<Shift> = {
  ofPictures: true,
  number: 'pixels',
  read(options: Partial<Omit<Shift, 'kind'>>) {
    checkOptions('shift', options, { pixels: true });
    return shift(options.pixels);
  },
  problem: ({ pixels }, { height, width }) =>
    pixels < Math.min(height, width) ? undefined : nothingLeft(pixels, height, width),
  apply(row, { pixels }, random) {
    const dy = random.nextBelow(2 * pixels + 1) - pixels;
    const dx = random.nextBelow(2 * pixels + 1) - pixels;
    move(row, dy, dx, 'zero');
  },
};
