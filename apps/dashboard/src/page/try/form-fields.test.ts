// A form for what a model was trained on: a field a column, with a value in it that the model takes.
import type { DatasetTraits } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { fieldsOf, firstRow, readNumbers, rowOf } from './form-fields.js';

const traits: DatasetTraits = {
  inputShape: [3],
  inputDivisor: 1,
  targetShape: [1],
  classes: undefined,
};

describe('fields', () => {
  test('are the columns of a preparation, each once', () => {
    const fields = fieldsOf({
      ...traits,
      preparation: {
        inputs: [
          { kind: 'standardise', column: 'area', mean: 101.23456, deviation: 20 },
          { kind: 'min-max', column: 'area', least: 0, most: 200, low: 0, high: 1 },
          { kind: 'min-max', column: 'year', least: 1900, most: 2000, low: 0, high: 1 },
          {
            kind: 'one-hot',
            column: 'district',
            categories: ['north', 'south'],
            unknown: 'refuse',
          },
          { kind: 'bag-of-words', column: 'text', words: ['a', 'b', 'c', 'd'] },
          { kind: 'pass-through', column: 'rooms', missing: 3 },
        ],
        targets: [{ kind: 'pass-through', column: 'price' }],
      },
    });
    expect(fields).toEqual([
      { kind: 'number', column: 'area', first: 100 },
      { kind: 'number', column: 'year', first: 1950 },
      { kind: 'choice', column: 'district', first: 'north', choices: ['north', 'south'] },
      { kind: 'text', column: 'text', first: 'a b c' },
      { kind: 'number', column: 'rooms', first: 3 },
    ]);
    expect(firstRow(fields!)).toEqual({
      ...{ area: '100', year: '1950', district: 'north', text: 'a b c', rooms: '3' },
    });
  });

  test('are the names of inputs where there is no preparation', () => {
    expect(fieldsOf({ ...traits, inputNames: ['a', 'b', 'c'] })).toEqual(
      ['a', 'b', 'c'].map((column) => ({ kind: 'number', column, first: 0 })),
    );
  });

  test.each<[string, Partial<DatasetTraits>]>([
    ['inputs have no names', {}],
    ['not every input has one', { inputNames: ['a'] }],
    [
      'inputs come in parts',
      { inputNames: ['a', 'b', 'c'], inputParts: [{ name: 'x', shape: [3] }] },
    ],
  ])('there are none where %s', (_, more) => {
    expect(fieldsOf({ ...traits, ...more })).toBeUndefined();
  });
});

test('a sample fills the fields, by the first that its column became', () => {
  const values = [
    { column: 'area', value: 5.1 },
    { column: 'area', value: 7 },
    { column: 'district', value: 'north' },
  ];
  expect(rowOf(values)).toEqual({ area: '5.1', district: 'north' });
});

test('numbers are read apart by commas, blanks and lines, and what is none is told', () => {
  expect(readNumbers(' 1, -2.5;3e2\n4 ')).toEqual([1, -2.5, 300, 4]);
  expect(readNumbers('')).toEqual([]);
  expect(readNumbers('1, two')).toBe('"two" is no number');
});
