import { describe, expect, test } from 'vitest';
import { tableLines } from './table-lines.js';

const COLUMNS = [
  { title: 'worker', cells: ['desk', 'a-laptop'], worth: 3 },
  { title: 'shards', cells: ['0-3', ''], worth: 2 },
  { title: 'ms', cells: ['0.61', '12.04'], isNumeric: true, worth: 1 },
];

describe('a table', () => {
  test('has its texts on the left and its numbers on the right, one below the other', () => {
    expect(tableLines(COLUMNS, 80)).toEqual([
      'worker    shards     ms',
      'desk      0-3      0.61',
      'a-laptop          12.04',
    ]);
  });

  test.each([
    [22, ['worker    shards', 'desk      0-3', 'a-laptop']],
    [15, ['worker', 'desk', 'a-laptop']],
    [6, ['worker', 'desk', 'a-lap…']],
  ])('of %i columns leaves out what says least, and is cut at last', (width, lines) => {
    expect(tableLines(COLUMNS, width)).toEqual(lines);
  });

  test('leaves out columns of one worth together', () => {
    const columns = COLUMNS.map((column) => ({ ...column, worth: Math.max(column.worth, 2) }));
    expect(tableLines(columns, 22)).toEqual(['worker', 'desk', 'a-laptop']);
  });

  test('is never wider than it may be', () => {
    for (let width = 1; width <= 30; width++) {
      for (const line of tableLines(COLUMNS, width)) {
        expect(line.length).toBeLessThanOrEqual(width);
      }
    }
  });
});
