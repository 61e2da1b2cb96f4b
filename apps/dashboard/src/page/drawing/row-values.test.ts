// A row comes back as it was before it was prepared.
import { applyPreparation, type Preparation } from '@lockstep/core';
import { expect, test } from 'vitest';
import { rowValues } from './row-values.js';

const preparation: Preparation = {
  inputs: [
    { kind: 'standardise', column: 'area', mean: 100, deviation: 20 },
    { kind: 'one-hot', column: 'district', categories: ['north', 'south'], unknown: 'ignore' },
    { kind: 'min-max', column: 'year', least: 1900, most: 2000, low: -1, high: 1 },
    { kind: 'min-max', column: 'constant', least: 5, most: 5, low: 0, high: 1 },
    { kind: 'bag-of-words', column: 'text', words: ['garden', 'old', 'quiet'] },
    { kind: 'pass-through', column: 'rooms' },
  ],
  targets: [{ kind: 'pass-through', column: 'price' }],
};
const row = {
  area: 130,
  district: 'south',
  year: 1950,
  constant: 5,
  text: 'quiet garden',
  rooms: 3,
};

test('what was prepared is in its unit again', () => {
  const { inputs } = applyPreparation(preparation, row);
  expect(rowValues(preparation, inputs)).toEqual([
    { column: 'area', value: 130 },
    { column: 'district', value: 'south' },
    { column: 'year', value: 1950 },
    { column: 'constant', value: 5 },
    { column: 'text', value: 'garden quiet' },
    { column: 'rooms', value: 3 },
  ]);
});

test('a category that the model does not know is told to be none', () => {
  const { inputs } = applyPreparation(preparation, { ...row, district: 'east' });
  expect(rowValues(preparation, inputs)[1]).toEqual({ column: 'district', value: 'none of them' });
});
