import { expect, test } from 'vitest';
import { GrowingRows } from './columns.js';

test('rows come out in the order in which they came, whatever pieces they lie in', () => {
  const width = 400_000;
  const rows = new GrowingRows(width, (length) => new Float32Array(length));
  for (let row = 0; row < 7; row++) {
    const at = rows.next();
    rows.piece[at] = row;
    rows.piece[at + width - 1] = -row;
  }
  const all = rows.finish('test', (length) => new Float32Array(length));
  expect(all.length).toBe(7 * width);
  expect(Array.from({ length: 7 }, (_, row) => all[row * width])).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(all.at(-1)).toBe(-6);
});

test('narrow rows fill pieces of growing size', () => {
  const rows = new GrowingRows(3, (length) => new Int32Array(length));
  for (let row = 0; row < 100_000; row++) {
    const at = rows.next();
    rows.piece.set([3 * row, 3 * row + 1, 3 * row + 2], at);
  }
  const all = rows.finish('test', (length) => new Int32Array(length));
  expect(all.length).toBe(300_000);
  expect(all.every((value, i) => value === i)).toBe(true);
});

test('memory that is not there is an error with the size', () => {
  const rows = new GrowingRows(1, (length) => new Int32Array(length));
  rows.next();
  const fail = () => {
    throw new RangeError('Array buffer allocation failed');
  };
  expect(() => rows.finish('read x.csv', fail)).toThrow('read x.csv: no memory for 1 numbers');
});
