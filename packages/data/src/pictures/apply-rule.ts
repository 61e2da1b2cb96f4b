// A picture becomes the numbers of a sample: by its rule, in the sample's size and channels.
import { DataError, type PictureRule } from '@lockstep/core';
import { drawn } from './drawn.js';
import { fitted } from './fit.js';
import { type Colour, channelsFirst, flattened, greyOf, type Picture } from './picture.js';

/** What lies behind what is transparent, where a rule does not say it: paper is white. */
export const WHITE: Colour = [255, 255, 255];

/** What samples without a rule of their own are made by. */
export const DEFAULT_RULE: PictureRule = { way: 'cover', background: WHITE };

/** How large a sample is, as a picture. */
export interface SampleSize {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/**
 * @param inputShape [height, width], [1, height, width] or [3, height, width]
 * @returns undefined if samples of that shape are no pictures
 */
export function sampleSize(inputShape: readonly number[]): SampleSize | undefined {
  const [channels, height, width] =
    inputShape.length === 2 ? [1, ...inputShape] : (inputShape as [number, number, number]);
  if (inputShape.length > 3 || height === undefined || width === undefined) return undefined;
  return channels === 1 || channels === 3 ? { width, height, channels } : undefined;
}

/**
 * @returns [channels, height, width] bytes
 * @throws DataError if the rule makes grey samples of what is drawn, and these have colours
 */
export function pictureInputs(picture: Picture, size: SampleSize, rule: PictureRule): Uint8Array {
  const { channels } = size;
  if (rule.way === 'drawn') {
    if (channels !== 1) {
      throw new DataError(
        'pictures: the way "drawn" gives grey samples; expected samples of one channel, got three',
      );
    }
    return drawn(flattened(picture, 1, WHITE), size, rule).pixels;
  }
  const { way, background } = rule;
  const beside: Colour = channels === 1 ? all(greyOf(...background)) : background;
  const flat = flattened(picture, channels, background);
  return channelsFirst(fitted(flat, size, way, beside));
}

function all(value: number): Colour {
  return [value, value, value];
}
