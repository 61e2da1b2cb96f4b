// Rotation about the picture's middle by any angle from −degrees to degrees. A pixel is what lies at the place it came
// from: the four pixels around it, by their nearness (bilinear); outside is zero.
// Computed in float64 and rounded once, to a whole number where pixels are bytes.
import { checkOptions, type NoOptions, requireNumber } from '@lockstep/errors';
import { cos } from '../math/elementary.js';
import { type AugmentationRule, keep, type Row } from './rule.js';

/** An augmentation: `rotate`. */
export interface Rotate {
  readonly kind: 'rotate';
  readonly degrees: number;
}

/** Turns pictures by up to so many degrees each way. @throws ConfigError unless degrees is above 0 and at most 180 */
export function rotate(degrees = 10, options: NoOptions = {}): Rotate {
  checkOptions('rotate', options, {});
  return {
    kind: 'rotate',
    degrees: requireNumber('rotate', 'degrees', degrees, { above: 0, max: 180 }),
  };
}

export const rotateRule: AugmentationRule<Rotate> = {
  ofPictures: true,
  number: 'degrees',
  read(options: Partial<Omit<Rotate, 'kind'>>) {
    checkOptions('rotate', options, { degrees: true });
    return rotate(options.degrees);
  },
  apply(row, { degrees }, random) {
    const angle = ((2 * random.nextDouble() - 1) * degrees * Math.PI) / 180;
    turn(row, cos(angle), cos(angle - Math.PI / 2));
  },
};

/** @param sine of the angle, which goes against the clock as rows are drawn downwards */
function turn(row: Row, cosine: number, sine: number): void {
  keep(row);
  const { values, scratch, channels, height, width } = row;
  const half = values instanceof Uint8Array ? 0.5 : 0;
  const plane = height * width;
  const middleY = (height - 1) / 2;
  const middleX = (width - 1) / 2;
  let to = row.first;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to++) {
      const fromY = middleY + cosine * (y - middleY) + sine * (x - middleX);
      const fromX = middleX - sine * (y - middleY) + cosine * (x - middleX);
      const top = Math.floor(fromY);
      const left = Math.floor(fromX);
      const down = fromY - top;
      const right = fromX - left;
      const hasTop = top >= 0 && top < height;
      const hasBottom = top >= -1 && top < height - 1;
      const hasLeft = left >= 0 && left < width;
      const hasRight = left >= -1 && left < width - 1;
      let at = top * width + left;
      for (let channel = 0; channel < channels; channel++, at += plane) {
        const a = hasTop && hasLeft ? scratch[at]! : 0;
        const b = hasTop && hasRight ? scratch[at + 1]! : 0;
        const c = hasBottom && hasLeft ? scratch[at + width]! : 0;
        const d = hasBottom && hasRight ? scratch[at + width + 1]! : 0;
        const above = a + right * (b - a);
        const below = c + right * (d - c);
        // A byte array takes the whole part.
        values[to + channel * plane] = above + down * (below - above) + half;
      }
    }
  }
}
