// Numbers become pictures. Pure; equal numbers give equal pixels.
// Weights: 0 is white, positive ones are red and negative ones blue, the deeper the further from 0; as colours, 0 is grey. Each
// picture has a scale of its own, so that pictures show shapes, and no sizes: those are in the histograms.
import type { WeightPictures } from '@lockstep/core/internal';
import type { Picture } from '@lockstep/data';

type Colour = readonly [red: number, green: number, blue: number];

// Blue and red that people tell apart who see no red or no green. Source: ColorBrewer, RdBu.
const BLUE: Colour = [33, 102, 172];
const RED: Colour = [178, 24, 43];
const BETWEEN = 160;
/** Pixels between tiles. */
const GAP = 2;

/** A tile's longer side has at most so many pixels, where each number is a square of several. */
const TILE_SIDE = 24;
const MOST_TILES = 256;
const MOST_PIXELS = 2 ** 20;
/** The full colour is that of the largest weight, or of this many times their root mean square, if that is less. */
const FULL_COLOUR = 3;
/** A table's longer side has at most so many pixels, where each cell is a square of several. */
const TABLE_SIDE = 512;
const CELL_SIDE = 24;

/** The first of the weights, as many as can be seen, in a grid. @param data of the parameter */
export function drawWeights(data: Float32Array, weights: WeightPictures): Picture {
  const { channels, height, width } = weights;
  const size = channels * height * width;
  const zoom = Math.max(1, Math.floor(TILE_SIDE / Math.max(height, width)));
  const [down, across] = [height * zoom + GAP, width * zoom + GAP];
  const most = Math.max(1, Math.floor(MOST_PIXELS / (down * across)));
  const count = Math.min(data.length / size, MOST_TILES, most);
  const columns = Math.min(count, weights.columns ?? Math.ceil(Math.sqrt(count)));
  const canvas = blank(columns * across - GAP, Math.ceil(count / columns) * down - GAP);
  const shown = data.subarray(0, count * size);
  const scale = scaleOf(shown);
  const plane = height * width;
  for (let i = 0; i < count * plane; i++) {
    const [tile, place] = [Math.floor(i / plane), i % plane];
    const value = (channel: number): number =>
      clamped(shown[tile * size + channel * plane + place]! / scale);
    const left = (tile % columns) * across + (place % width) * zoom;
    const top = Math.floor(tile / columns) * down + Math.floor(place / width) * zoom;
    const colour: Colour =
      channels === 1 ? diverging(value(0)) : [grey(value(0)), grey(value(1)), grey(value(2))];
    fill(canvas, left, top, zoom, colour);
  }
  return canvas;
}

/** What has the full colour; not 0. A few large weights would leave all others white. */
function scaleOf(data: Float32Array): number {
  let largest = 0;
  let squares = 0;
  for (const value of data) {
    largest = Math.max(largest, Math.abs(value));
    squares += value * value;
  }
  return Math.min(largest, FULL_COLOUR * Math.sqrt(squares / data.length)) || 1;
}

/** A table of counts: the deeper a cell, the larger its share of its row. Rows are as long as the first. */
export function drawTable(table: readonly (readonly number[])[]): Picture {
  const columns = table[0]!.length;
  const cell = Math.floor(TABLE_SIDE / Math.max(table.length, columns));
  const zoom = Math.min(CELL_SIDE, Math.max(1, cell));
  const canvas = blank(columns * zoom, table.length * zoom);
  for (const [y, row] of table.entries()) {
    const sum = row.reduce((total, value) => total + Math.abs(value), 0) || 1;
    for (const [x, value] of row.entries()) {
      fill(canvas, x * zoom, y * zoom, zoom, diverging(-Math.abs(value) / sum));
    }
  }
  return canvas;
}

function blank(width: number, height: number): Picture {
  return { width, height, channels: 3, pixels: new Uint8Array(width * height * 3).fill(BETWEEN) };
}

function fill(
  { width, pixels }: Picture,
  left: number,
  top: number,
  side: number,
  colour: Colour,
): void {
  for (let y = top; y < top + side; y++) {
    for (let x = left; x < left + side; x++) pixels.set(colour, 3 * (y * width + x));
  }
}

function clamped(value: number): number {
  return Math.min(1, Math.max(-1, value));
}

/** @param value in [−1, 1] */
function diverging(value: number): Colour {
  const far = value < 0 ? BLUE : RED;
  const mixed = (i: 0 | 1 | 2): number => Math.round(255 + Math.abs(value) * (far[i] - 255));
  return [mixed(0), mixed(1), mixed(2)];
}

/** @param value in [−1, 1] */
function grey(value: number): number {
  return Math.round(127.5 + 127.5 * value);
}
