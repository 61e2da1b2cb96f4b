// Numbers as colours: below zero one colour, above zero another, the stronger the farther; or from nothing to one colour.
// Invariant: a scale is symmetric, so that zero is always its middle; numbers beyond its ends have the ends' colours.

export type Rgb = readonly [red: number, green: number, blue: number];

export interface Diverging {
  readonly negative: Rgb;
  readonly zero: Rgb;
  readonly positive: Rgb;
}

/** @param css as `getComputedStyle` tells a colour: `rgb(1, 2, 3)`, `color(srgb 0.1 0.2 0.3)` */
export function parseColour(css: string): Rgb {
  const numbers = (css.match(/-?\d+(\.\d+)?(e-?\d+)?/g) ?? []).slice(0, 3).map(Number);
  const [red = 0, green = 0, blue = 0] = css.startsWith('color(')
    ? numbers.map((part) => Math.round(255 * part))
    : numbers;
  return [red, green, blue];
}

/** @param share in [−1, 1]; beyond that the ends */
export function divergingColour({ negative, zero, positive }: Diverging, share: number): Rgb {
  return mixed(zero, share < 0 ? negative : positive, Math.min(1, Math.abs(share)));
}

/** @param share of the second, in [0, 1] */
export function mixed(from: Rgb, to: Rgb, share: number): Rgb {
  const part = (i: 0 | 1 | 2): number => Math.round(from[i] + (to[i] - from[i]) * share);
  return [part(0), part(1), part(2)];
}

/**
 * Where a symmetric scale ends: what nearly all values stay below, so that one large weight does not make all others pale.
 *
 * @returns above 0
 */
export function scaleEnd(values: ArrayLike<number>): number {
  const step = Math.max(1, Math.floor(values.length / 20_000));
  const sizes: number[] = [];
  for (let i = 0; i < values.length; i += step) sizes.push(Math.abs(values[i]!));
  sizes.sort((a, b) => a - b);
  const end = sizes[Math.floor(0.998 * (sizes.length - 1))] ?? 0;
  return end > 0 ? end : (sizes.at(-1) ?? 0) || 1;
}

/**
 * Weights as pixels: one channel by a diverging scale; three as colours, in which grey is 0.
 *
 * @param values [height, width, channels]
 * @returns [height, width, 4]
 */
export function weightPixels(
  values: Float32Array,
  channels: number,
  end: number,
  scale: Diverging,
): Uint8ClampedArray<ArrayBuffer> {
  const count = values.length / channels;
  const pixels = new Uint8ClampedArray(4 * count);
  for (let i = 0; i < count; i++) {
    const [red, green, blue] =
      channels === 3
        ? [0, 1, 2].map((channel) => 127.5 * (1 + values[3 * i + channel]! / end))
        : divergingColour(scale, values[i]! / end);
    pixels.set([red!, green!, blue!, 255], 4 * i);
  }
  return pixels;
}

/** A sample's numbers as pixels: from 0 to `most` from black to white, or as colours. @param values [channels, height, width] */
export function samplePixels(
  values: ArrayLike<number>,
  channels: number,
  least: number,
  most: number,
): Uint8ClampedArray<ArrayBuffer> {
  const plane = values.length / channels;
  const pixels = new Uint8ClampedArray(4 * plane);
  const level = (value: number): number => (255 * (value - least)) / (most - least || 1);
  for (let i = 0; i < plane; i++) {
    for (let channel = 0; channel < 3; channel++) {
      pixels[4 * i + channel] = level(values[channels === 3 ? channel * plane + i : i]!);
    }
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}
