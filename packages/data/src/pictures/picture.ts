// A picture in memory, and what is done to its colours: transparency, grey.
// Invariant: 8 bits a channel, interleaved, row-major; arithmetic is of whole numbers, so that bytes are the same everywhere.

/** 1 grey, 2 grey and alpha, 3 red, green, blue, 4 those and alpha. */
export type PictureChannels = 1 | 2 | 3 | 4;

/** A picture, as bytes. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: PictureChannels;
  /** [height, width, channels] */
  readonly pixels: Uint8Array;
}

/** Red, green, blue, in [0, 255]. */
export type Colour = readonly [number, number, number];

/**
 * Grey of a colour, by the weights of ITU-R BT.601 in 16 binary places: L = (19595 R + 38470 G + 7471 B + 32768) >> 16.
 * Source: Pillow's `convert('L')`, whose bytes these are.
 */
export function greyOf(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

/**
 * @param channels 1 for grey, 3 for colours
 * @param background what lies behind what is transparent
 * @returns the picture without alpha, and with as many channels
 */
export function flattened(picture: Picture, channels: 1 | 3, background: Colour): Picture {
  if (picture.channels === channels) return picture;
  const { width, height, pixels } = picture;
  const result = new Uint8Array(width * height * channels);
  const isGrey = picture.channels <= 2;
  const hasAlpha = picture.channels % 2 === 0;
  for (let pixel = 0; pixel < width * height; pixel++) {
    const at = pixel * picture.channels;
    let red = pixels[at]!;
    let green = isGrey ? red : pixels[at + 1]!;
    let blue = isGrey ? red : pixels[at + 2]!;
    if (hasAlpha) {
      const alpha = pixels[at + picture.channels - 1]!;
      red = over(red, background[0], alpha);
      green = over(green, background[1], alpha);
      blue = over(blue, background[2], alpha);
    }
    if (channels === 1) {
      result[pixel] = red === green && green === blue ? red : greyOf(red, green, blue);
    } else {
      result[3 * pixel] = red;
      result[3 * pixel + 1] = green;
      result[3 * pixel + 2] = blue;
    }
  }
  return { width, height, channels, pixels: result };
}

/** Rounded to the nearest; alpha 0 gives the background, 255 the colour, to the bit. */
function over(colour: number, background: number, alpha: number): number {
  return Math.floor((colour * alpha + background * (255 - alpha) + 127) / 255);
}

/** The picture as its numbers lie in a dataset: [channels, height, width]. */
export function channelsFirst({ width, height, channels, pixels }: Picture): Uint8Array {
  if (channels === 1) return pixels;
  const plane = width * height;
  const result = new Uint8Array(pixels.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < plane; i++) result[channel * plane + i] = pixels[i * channels + channel]!;
  }
  return result;
}
