import type { Picture } from '@lockstep/data';
import { describe, expect, it } from 'vitest';
import { drawTable, drawWeights } from './draw.js';

const WHITE = [255, 255, 255];
const RED = [178, 24, 43];
const BLUE = [33, 102, 172];
const BETWEEN = [160, 160, 160];

const at = ({ width, pixels }: Picture, x: number, y: number): number[] => [
  ...pixels.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];

describe('weights', () => {
  it('are tiles in a grid, each number a square, the largest with the full colour', () => {
    const data = Float32Array.of(...[0, 2, -1, 1], ...[-2, 0, 0, 0], ...[1, 1, 1, 1]);
    const picture = drawWeights(data, { parameter: 'w', channels: 1, height: 2, width: 2 });
    // Two columns and rows of 24 pixels, and two between.
    expect(picture).toMatchObject({ width: 50, height: 50, channels: 3 });
    expect(at(picture, 0, 0)).toEqual(WHITE);
    expect(at(picture, 11, 11)).toEqual(WHITE);
    expect(at(picture, 12, 0)).toEqual(RED);
    expect(at(picture, 23, 11)).toEqual(RED);
    expect(at(picture, 0, 12)).toEqual([144, 179, 214]);
    expect(at(picture, 24, 5)).toEqual(BETWEEN);
    expect(at(picture, 25, 5)).toEqual(BETWEEN);
    expect(at(picture, 26, 0)).toEqual(BLUE);
    expect(at(picture, 0, 26)).toEqual([217, 140, 149]);
    expect(at(picture, 49, 49), 'there is no fourth tile').toEqual(BETWEEN);
  });

  it('that are far larger than the others leave them a colour', () => {
    const data = new Float32Array(100 * 4).fill(1);
    data[0] = 1000;
    const picture = drawWeights(data, { parameter: 'w', channels: 1, height: 2, width: 2 });
    expect(at(picture, 0, 0)).toEqual(RED);
    expect(at(picture, 12, 0)).toEqual([254, 253, 254]);
  });

  it('of three channels are colours around grey', () => {
    const data = Float32Array.of(...[1, 0], ...[0, -1], ...[0.5, 0]);
    const picture = drawWeights(data, { parameter: 'w', channels: 3, height: 1, width: 2 });
    expect(picture).toMatchObject({ width: 24, height: 12 });
    expect(at(picture, 0, 0)).toEqual([255, 128, 191]);
    expect(at(picture, 12, 0)).toEqual([128, 0, 128]);
  });

  it('stand in the columns that they belong in', () => {
    const weights = { parameter: 'w', channels: 1, height: 24, width: 24 } as const;
    const data = new Float32Array(10 * 24 * 24);
    expect(drawWeights(data, { ...weights, columns: 2 })).toMatchObject({ width: 50, height: 128 });
    expect(drawWeights(data, weights)).toMatchObject({ width: 102, height: 76 });
    const picture = drawWeights(data, weights);
    expect(at(picture, 0, 0), 'zeros are white').toEqual(WHITE);
  });

  it.each([
    ['many', 1000, 3, 16 * 26 - 2],
    ['large ones', 9, 600, 2 * 602 - 2],
    ['one that is larger than all', 2, 1500, 1500],
  ])('that are %s are as many as can be seen', (_, count, side, width) => {
    const data = new Float32Array(count * side * side);
    const weights = { parameter: 'w', channels: 1, height: side, width: side } as const;
    expect(drawWeights(data, weights).width).toBe(width);
  });
});

describe('tables', () => {
  it('show the shares of each row', () => {
    const picture = drawTable([
      [3, 1],
      [0, 0],
    ]);
    expect(picture).toMatchObject({ width: 48, height: 48 });
    expect(at(picture, 0, 0)).toEqual([89, 140, 193]);
    expect(at(picture, 24, 23)).toEqual([200, 217, 234]);
    expect(at(picture, 0, 24)).toEqual(WHITE);
  });

  it.each([
    [256, 512],
    [600, 600],
  ])('of %i classes have a side of %i pixels', (size, side) => {
    const table = Array.from({ length: size }, () => new Array<number>(size).fill(1));
    expect(drawTable(table)).toMatchObject({ width: side, height: side });
  });
});
