// What is drawn on a picture, as MNIST was made of scanned digits: light on dark, cut out, fitted with its aspect into a
// square, and centred in the sample. So a photographed or painted digit meets a network as the digits did that it learnt.
// Invariant: a picture that is a sample of MNIST already stays what it is, but for a pixel's place where rounding decides.
// Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database": "size normalized to fit in a 20x20 pixel box while
// preserving their aspect ratio ... centered in a 28x28 image by computing the center of mass of the pixels".
import type { DrawnPictureRule } from '@lockstep/core';
import type { Picture } from './picture.js';
import { type Box, resample, type Size } from './resample.js';

/**
 * Ink that is faint is none: what is below this share of the strongest, such as JPEG leaves around edges. A picture no larger
 * than the sample whose edge is of one colour keeps its faint ink: MNIST's samples are such.
 */
const FAINT = 0.08;
/** And the grain of the paper: what three quarters of the picture's edge stay below, so often; but no more than this share. */
const GRAIN = 6;
const MOST_GRAIN = 0.4;

/**
 * @param picture grey, without alpha, of any size
 * @returns grey, of that size; all 0 if nothing is drawn
 */
export function drawn(picture: Picture, size: Size, rule: DrawnPictureRule): Picture {
  const isLarger = picture.width > size.width || picture.height > size.height;
  const ink = inkOf(picture, { fullContrast: rule.fullContrast, isLarger });
  const field = new Uint8Array(size.width * size.height);
  const blank: Picture = { ...size, channels: 1, pixels: field };
  const box = boxOf(ink);
  if (!box) return blank;
  const longer = Math.max(box.right - box.left, box.bottom - box.top);
  const scaled = (length: number): number =>
    Math.max(1, Math.floor((length * rule.box) / longer + 0.5));
  const target = { width: scaled(box.right - box.left), height: scaled(box.bottom - box.top) };
  const figure = resample(cut(ink, box), target);
  const centre = rule.centre === 'mass' ? massCentre(figure) : rectangleCentre(figure);
  const left = place(size.width, figure.width, centre.x);
  const top = place(size.height, figure.height, centre.y);
  for (let y = 0; y < figure.height; y++) {
    for (let x = 0; x < figure.width; x++) {
      const [toX, toY] = [left + x, top + y];
      if (toX < 0 || toY < 0 || toX >= size.width || toY >= size.height) continue;
      field[toY * size.width + toX] = figure.pixels[y * figure.width + x]!;
    }
  }
  return blank;
}

/**
 * How much is drawn on each pixel. The paper is the median of the picture's edge; ink is what differs from it to the side,
 * lighter or darker, that reaches farther.
 */
function inkOf(
  { width, height, pixels }: Picture,
  { fullContrast, isLarger }: { fullContrast: boolean; isLarger: boolean },
): Picture {
  const rim = edge({ width, height });
  const paper = quantile(
    rim.map((i) => pixels[i]!),
    2,
  );
  let [darkest, lightest] = [255, 0];
  for (const value of pixels) {
    darkest = Math.min(darkest, value);
    lightest = Math.max(lightest, value);
  }
  const isDarkInk = paper - darkest > lightest - paper;
  const range = isDarkInk ? paper - darkest : lightest - paper;
  const strengths = pixels.map((value) => Math.max(0, isDarkInk ? paper - value : value - paper));
  const grain =
    GRAIN *
    quantile(
      rim.map((i) => strengths[i]!),
      3,
    );
  const isSample = !isLarger && rim.every((i) => pixels[i] === paper);
  const faint = isSample ? 0 : FAINT * range;
  const least = Math.max(faint, Math.min(grain, MOST_GRAIN * range));
  const ink = strengths.map((strength) => {
    if (strength <= least) return 0;
    return fullContrast ? Math.floor((strength * 255) / range + 0.5) : strength;
  });
  return { width, height, channels: 1, pixels: ink };
}

/** Of the outermost rows and columns, where their pixels lie. */
function edge({ width, height }: Size): number[] {
  const places: number[] = [];
  for (let x = 0; x < width; x++) places.push(x, (height - 1) * width + x);
  for (let y = 1; y < height - 1; y++) places.push(y * width, y * width + width - 1);
  return places;
}

/** @param quarter 2 gives the median */
function quantile(values: number[], quarter: 2 | 3): number {
  return values.sort((a, b) => a - b)[(values.length * quarter) >> 2]!;
}

/** The rectangle around all ink. */
function boxOf({ width, height, pixels }: Picture): Box | undefined {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (pixels[y * width + x]! === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return right === 0 ? undefined : { left, top, right, bottom };
}

function cut({ width, pixels }: Picture, { left, top, right, bottom }: Box): Picture {
  const size = { width: right - left, height: bottom - top };
  const result = new Uint8Array(size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    const start = (top + y) * width + left;
    result.set(pixels.subarray(start, start + size.width), y * size.width);
  }
  return { ...size, channels: 1, pixels: result };
}

/** In pixels' numbers: the middle of pixel 0 is 0. */
function massCentre({ width, height, pixels }: Picture): { x: number; y: number } {
  let [mass, x, y] = [0, 0, 0];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const ink = pixels[row * width + column]!;
      mass += ink;
      x += ink * column;
      y += ink * row;
    }
  }
  return mass === 0 ? rectangleCentre({ width, height }) : { x: x / mass, y: y / mass };
}

function rectangleCentre({ width, height }: Size): { x: number; y: number } {
  return { x: width / 2, y: height / 2 };
}

/**
 * Where a figure begins whose centre comes to lie in the middle; it stays inside where it fits. MNIST counts the middle of 28
 * pixels as pixel 14: its digits' centres of mass lie at 14.00 and 13.99, as the mean over 2000 of them.
 */
function place(field: number, figure: number, centre: number): number {
  const start = Math.floor(field / 2 - centre + 0.5);
  return figure > field ? start : Math.min(Math.max(start, 0), field - figure);
}
