// Crop: the picture gets a border all around, and a window of its old size is cut out of that anywhere. With a border of
// zeros it is torchvision's RandomCrop(size, padding).
import { checkOptions, requireChoice, requireInteger } from '@lockstep/errors';
import { BORDERS, type Border, move, nothingLeft } from './move.js';
import type { AugmentationRule } from './rule.js';
import { MAX_PIXELS } from './shift.js';

/** An augmentation: `crop`. */
export interface Crop {
  readonly kind: 'crop';
  readonly padding: number;
  readonly border: Border;
}

/**
 * @param padding pixels of the border on each side
 * @param options border: of zeros, or the picture mirrored at its edge (`reflect`, as in PyTorch)
 * @throws ConfigError unless padding is a whole number above 0, and there is such a border
 */
export function crop(padding = 4, options: { readonly border?: Border } = {}): Crop {
  checkOptions('crop', options, { border: true });
  const { border = 'zero' } = options;
  return {
    kind: 'crop',
    padding: requireInteger('crop', 'padding', padding, 1, MAX_PIXELS),
    border: requireChoice('crop', 'border', border, BORDERS),
  };
}

export const cropRule: AugmentationRule<Crop> = {
  ofPictures: true,
  number: 'padding',
  read({ padding, ...options }: Partial<Omit<Crop, 'kind'>>) {
    return crop(padding, options);
  },
  problem({ padding, border }, { height, width }) {
    if (padding < Math.min(height, width)) return undefined;
    return border === 'reflect'
      ? `mirrors ${padding} pixels of pictures of ${height} × ${width}, expected fewer than a side has`
      : nothingLeft(padding, height, width);
  },
  apply(row, { padding, border }, random) {
    const dy = random.nextBelow(2 * padding + 1) - padding;
    const dx = random.nextBelow(2 * padding + 1) - padding;
    move(row, dy, dx, border);
  },
};
