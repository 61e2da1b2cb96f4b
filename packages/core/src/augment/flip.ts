// Flip: the picture is mirrored, left to right, or it stays as it is.
import { checkOptions, type NoOptions, requireNumber } from '@lockstep/errors';
import type { AugmentationRule } from './rule.js';

/** An augmentation: `flip`. */
export interface Flip {
  readonly kind: 'flip';
  readonly probability: number;
}

/** Mirrors pictures left to right. @throws ConfigError unless the probability is from 0 to 1 */
export function flip(probability = 0.5, options: NoOptions = {}): Flip {
  checkOptions('flip', options, {});
  return {
    kind: 'flip',
    probability: requireNumber('flip', 'probability', probability, { min: 0, max: 1 }),
  };
}

export const flipRule: AugmentationRule<Flip> = {
  ofPictures: true,
  number: 'probability',
  read(options: Partial<Omit<Flip, 'kind'>>) {
    checkOptions('flip', options, { probability: true });
    return flip(options.probability);
  },
  apply({ values, first, size, width }, { probability }, random) {
    if (random.nextDouble() >= probability) return;
    for (let line = first; line < first + size; line += width) {
      for (let left = line, right = line + width - 1; left < right; left++, right--) {
        const value = values[left]!;
        values[left] = values[right]!;
        values[right] = value;
      }
    }
  },
};
