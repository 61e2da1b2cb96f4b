// A picture in another size: bilinear, and where it gets smaller each new pixel is the weighted mean of all that it covers
// (a triangle as wide as two new pixels), so that nothing is skipped.
// Invariant: weights are computed with + − × ÷ in float64, rounded to 22 binary places, and applied to bytes in 32-bit
// integers, first along rows, then along columns: the same bytes on every machine.
// Source: Pillow's `resize(size, BILINEAR, box)` (Resample.c), whose bytes these are; A. Clark and contributors, Pillow.
import type { Picture } from './picture.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A part of a picture, in pixels that may be broken. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const WEIGHT_BITS = 22;

/** For each new pixel of a row: where the old ones begin that it is made of, and their weights. */
interface Weights {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `most` for each new pixel. */
  readonly weights: Int32Array;
  readonly most: number;
}

/**
 * @param picture without alpha: what is transparent has no colour that could be mixed
 * @param box the part that is taken; the whole picture unless given
 */
export function resample(picture: Picture, size: Size, box: Box = whole(picture)): Picture {
  const isWholeRows = box.left === 0 && box.right === picture.width;
  const isWholeColumns = box.top === 0 && box.bottom === picture.height;
  let result = picture;
  if (size.width !== picture.width || !isWholeRows) {
    result = resampleRows(result, weightsFor(picture.width, box.left, box.right, size.width));
  }
  if (size.height !== picture.height || !isWholeColumns) {
    result = resampleColumns(result, weightsFor(picture.height, box.top, box.bottom, size.height));
  }
  return result;
}

function whole({ width, height }: Size): Box {
  return { left: 0, top: 0, right: width, bottom: height };
}

/** @param from @param to the part of the old length that becomes the new one; Pillow keeps them as float32 */
function weightsFor(length: number, from: number, to: number, size: number): Weights {
  const start = Math.fround(from);
  const scale = Math.fround(Math.fround(to) - start) / size;
  // The triangle's half width, in old pixels.
  const support = Math.max(scale, 1);
  const most = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(size);
  const count = new Int32Array(size);
  const weights = new Int32Array(size * most);
  const shares = new Float64Array(most);
  for (let i = 0; i < size; i++) {
    const centre = start + (i + 0.5) * scale;
    const begin = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), length);
    let sum = 0;
    for (let x = begin; x < end; x++) {
      const distance = Math.abs((x - centre + 0.5) * (1 / support));
      const share = distance < 1 ? 1 - distance : 0;
      shares[x - begin] = share;
      sum += share;
    }
    first[i] = begin;
    count[i] = end - begin;
    for (let x = 0; x < end - begin; x++) {
      const share = sum === 0 ? shares[x]! : shares[x]! / sum;
      weights[i * most + x] = Math.trunc(0.5 + share * (1 << WEIGHT_BITS));
    }
  }
  return { first, count, weights, most };
}

function resampleRows(picture: Picture, { first, count, weights, most }: Weights): Picture {
  const { height, channels, pixels } = picture;
  const width = first.length;
  const result = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const row = y * picture.width * channels;
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 1 << (WEIGHT_BITS - 1);
        let at = row + first[x]! * channels + channel;
        for (let k = 0; k < count[x]!; k++, at += channels) {
          sum += pixels[at]! * weights[x * most + k]!;
        }
        result[(y * width + x) * channels + channel] = toByte(sum);
      }
    }
  }
  return { width, height, channels, pixels: result };
}

function resampleColumns(picture: Picture, { first, count, weights, most }: Weights): Picture {
  const { width, channels, pixels } = picture;
  const height = first.length;
  const stride = width * channels;
  const result = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < stride; i++) {
      let sum = 1 << (WEIGHT_BITS - 1);
      let at = first[y]! * stride + i;
      for (let k = 0; k < count[y]!; k++, at += stride) sum += pixels[at]! * weights[y * most + k]!;
      result[y * stride + i] = toByte(sum);
    }
  }
  return { width, height, channels, pixels: result };
}

/** Weights are not negative, and their sum is 1 up to rounding. */
function toByte(sum: number): number {
  return Math.min(sum >> WEIGHT_BITS, 255);
}
