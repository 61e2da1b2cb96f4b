// Erase: a rectangle of the picture becomes zero in every channel. Its sides are from 1 pixel to `size` of the picture's,
// and it lies anywhere within it.
// Source: DeVries, Taylor, Improved regularization of convolutional neural networks with cutout (2017); Zhong et al., Random
// erasing data augmentation (2020), whose rectangles have areas and aspects in a range instead.
import { checkOptions, requireNumber } from '@lockstep/errors';
import type { AugmentationRule } from './rule.js';

/** An augmentation: `erase`. */
export interface Erase {
  readonly kind: 'erase';
  readonly probability: number;
  /** The longest that a side may be, as a part of the picture's. */
  readonly size: number;
}

/**
 * Erases a rectangle of a picture.
 *
 * @throws ConfigError unless the probability is from 0 to 1, and size above 0 and at most 1
 */
export function erase(
  options: { readonly probability?: number; readonly size?: number } = {},
): Erase {
  checkOptions('erase', options, { probability: true, size: true });
  const { probability = 0.5, size = 0.5 } = options;
  return {
    kind: 'erase',
    probability: requireNumber('erase', 'probability', probability, { min: 0, max: 1 }),
    size: requireNumber('erase', 'size', size, { above: 0, max: 1 }),
  };
}

export const eraseRule: AugmentationRule<Erase> = {
  ofPictures: true,
  number: 'probability',
  read: (options: Partial<Omit<Erase, 'kind'>>) => erase(options),
  apply({ values, first, channels, height, width }, { probability, size }, random) {
    if (random.nextDouble() >= probability) return;
    const high = 1 + random.nextBelow(Math.max(1, Math.floor(size * height)));
    const wide = 1 + random.nextBelow(Math.max(1, Math.floor(size * width)));
    const top = random.nextBelow(height - high + 1);
    const left = random.nextBelow(width - wide + 1);
    for (let channel = 0; channel < channels; channel++) {
      for (let y = top; y < top + high; y++) {
        const line = first + (channel * height + y) * width;
        values.fill(0, line + left, line + left + wide);
      }
    }
  },
};
