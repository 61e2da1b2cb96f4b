// The way of a drawn digit to MNIST's 28x28: whatever its size, place and polarity, it comes out alike.
import type { DrawnPictureRule } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { drawn } from './drawn.js';
import type { Picture } from './picture.js';

const RULE: DrawnPictureRule = { way: 'drawn', box: 20, centre: 'mass', fullContrast: true };
const SIZE = { width: 28, height: 28 };

/** A seven, light on dark: 12 columns, 20 rows. */
function seven(width: number, height: number, left: number, top: number): Picture {
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < 20; y++) {
    for (let x = 0; x < 12; x++) {
      const isInk = y < 3 || Math.abs(x + y * 0.4 - 10) < 2;
      if (isInk) pixels[(top + y) * width + left + x] = 255;
    }
  }
  return { width, height, channels: 1, pixels };
}

const inverted = (picture: Picture): Picture => ({
  ...picture,
  pixels: picture.pixels.map((value) => 255 - value),
});

const expected = drawn(seven(28, 28, 8, 4), SIZE, RULE);

test('the longer side is 20, and the centre of mass lies on pixel 14', () => {
  let [mass, x, y] = [0, 0, 0];
  const rows = new Set<number>();
  expected.pixels.forEach((ink, i) => {
    mass += ink;
    x += ink * (i % 28);
    y += ink * Math.floor(i / 28);
    if (ink > 0) rows.add(Math.floor(i / 28));
  });
  expect(rows.size).toBe(20);
  expect(Math.abs(x / mass - 14)).toBeLessThanOrEqual(0.5);
  expect(Math.abs(y / mass - 14)).toBeLessThanOrEqual(0.5);
});

test('what it gives stays as it is', () => {
  expect(drawn(expected, SIZE, RULE)).toEqual(expected);
});

describe('the same comes of it', () => {
  test.each([
    ['dark on light', inverted(seven(28, 28, 8, 4))],
    ['in the corner of a larger picture', seven(100, 60, 80, 2)],
    ['dark on light in a large picture', inverted(seven(300, 200, 30, 170))],
    ['cut out tightly', seven(12, 20, 0, 0)],
    [
      'with less contrast',
      { ...seven(40, 40, 3, 3), pixels: seven(40, 40, 3, 3).pixels.map((v) => 40 + v / 2) },
    ],
  ])('%s', (_, picture) => {
    const difference = drawn(picture as Picture, SIZE, RULE).pixels.map((value, i) =>
      Math.abs(value - expected.pixels[i]!),
    );
    // Halving the contrast rounds a level away.
    expect(Math.max(...difference)).toBeLessThanOrEqual(1);
  });

  test('seven times as large, but for what resampling blurs', () => {
    const small = inverted(seven(28, 28, 8, 4));
    const pixels7 = Uint8Array.from({ length: 196 * 196 }, (_, i) => {
      const [x, y] = [Math.floor((i % 196) / 7), Math.floor(i / 196 / 7)];
      return small.pixels[y * 28 + x]!;
    });
    const large: Picture = { width: 196, height: 196, channels: 1, pixels: pixels7 };
    const { pixels } = drawn(large, SIZE, RULE);
    const sum = pixels.reduce(
      (total, value, i) => total + Math.abs(value - expected.pixels[i]!),
      0,
    );
    const ink = expected.pixels.reduce((a, b) => a + b, 0);
    // A triangle of two pixels takes an eighth from each neighbour, where the edge is: this drawing is mostly edge.
    expect(sum / ink).toBeLessThan(0.25);
  });
});

test('nothing drawn is all 0', () => {
  const blank = {
    width: 50,
    height: 40,
    channels: 1,
    pixels: new Uint8Array(2000).fill(200),
  } as const;
  expect(drawn(blank, SIZE, RULE).pixels.every((value) => value === 0)).toBe(true);
});
