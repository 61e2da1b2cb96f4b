// A picture as a whole, in a size that may have another aspect: cut, filled up, or stretched.
// Source: Pillow's ImageOps.fit (`cover`), ImageOps.pad (`contain`) and Image.resize (`stretch`), with BILINEAR: their bytes.
import type { PictureFit } from '@lockstep/core';
import type { Colour, Picture } from './picture.js';
import { type Box, resample, type Size } from './resample.js';

/**
 * @param picture without alpha
 * @param background what stands beside a picture that is narrower than the size
 */
export function fitted(picture: Picture, size: Size, fit: PictureFit, background: Colour): Picture {
  if (fit === 'stretch') return resample(picture, size);
  if (fit === 'cover') return resample(picture, size, coveredBox(picture, size));
  return padded(resample(picture, containedSize(picture, size)), size, background);
}

/** The largest part in the middle that has the size's aspect. */
function coveredBox({ width, height }: Size, size: Size): Box {
  const aspect = width / height;
  const wanted = size.width / size.height;
  let [boxWidth, boxHeight] = [width, height];
  if (aspect > wanted) boxWidth = wanted * height;
  else if (aspect < wanted) boxHeight = width / wanted;
  const left = (width - boxWidth) * 0.5;
  const top = (height - boxHeight) * 0.5;
  return { left, top, right: left + boxWidth, bottom: top + boxHeight };
}

/** The largest size of the picture's aspect that fits. */
export function containedSize({ width, height }: Size, size: Size): Size {
  const aspect = width / height;
  const wanted = size.width / size.height;
  if (aspect > wanted) {
    return {
      width: size.width,
      height: Math.max(1, roundHalfEven((height / width) * size.width)),
    };
  }
  if (aspect < wanted) {
    return {
      width: Math.max(1, roundHalfEven((width / height) * size.height)),
      height: size.height,
    };
  }
  return size;
}

function padded(picture: Picture, size: Size, background: Colour): Picture {
  if (picture.width === size.width && picture.height === size.height) return picture;
  const { channels } = picture;
  const pixels = new Uint8Array(size.width * size.height * channels);
  for (let i = 0; i < pixels.length; i++) pixels[i] = background[i % channels]!;
  const left = roundHalfEven((size.width - picture.width) * 0.5);
  const top = roundHalfEven((size.height - picture.height) * 0.5);
  const row = picture.width * channels;
  for (let y = 0; y < picture.height; y++) {
    const from = picture.pixels.subarray(y * row, (y + 1) * row);
    pixels.set(from, ((top + y) * size.width + left) * channels);
  }
  return { ...size, channels, pixels };
}

/** As Python rounds: a half goes to the even neighbour. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.floor(value + 0.5);
  return floor % 2 === 0 ? floor : floor + 1;
}
