// A row comes back as it was before it was prepared.
import { applyPreparation, type Preparation } from '@lockstep/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { namedRow, rowValues, shortest, targetValues } from './row-values.js';

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
  text: 'quiet garden quiet',
  rooms: 3,
};

test('what was prepared is in its unit again', () => {
  const { inputs } = applyPreparation(preparation, row);
  expect(rowValues(preparation, inputs)).toEqual([
    { column: 'area', value: 130 },
    { column: 'district', value: 'south' },
    { column: 'year', value: 1950 },
    { column: 'constant', value: 5 },
    { column: 'text', value: 'garden quiet quiet' },
    { column: 'rooms', value: 3 },
  ]);
});

test('a category that the model does not know is told to be none', () => {
  const { inputs } = applyPreparation(preparation, { ...row, district: 'east' });
  expect(rowValues(preparation, inputs)[1]).toEqual({ column: 'district', value: 'none of them' });
});

test('a row that is read from a sample gives the same bits again, in as few digits as do', () => {
  const value = fc.double({ min: -1000, max: 1000, noNaN: true });
  fc.assert(
    fc.property(value, value, value, (area, year, rooms) => {
      const { inputs } = applyPreparation(preparation, { ...row, area, year, rooms });
      const again = Object.fromEntries(
        rowValues(preparation, inputs).map(({ column, value }) => [column, value]),
      );
      // A decimal has no −0.
      const plain = (values: Float32Array): Float32Array => values.map((one) => one + 0);
      expect(plain(applyPreparation(preparation, again).inputs)).toEqual(plain(inputs));
    }),
  );
  const { inputs } = applyPreparation(preparation, { ...row, area: 5.1, year: 1999.9 });
  const values = rowValues(preparation, inputs).map(({ value }) => value);
  expect(values.slice(0, 3)).toEqual([5.1, 'south', 1999.9]);
});

test('numbers without a preparation are those that they were written as', () => {
  expect(shortest(Math.fround(0.1))).toBe(0.1);
  const traits = { inputShape: [2], inputDivisor: 1, targetShape: [1], classes: undefined };
  expect(namedRow({ ...traits, inputNames: ['a', 'b'] }, Float32Array.of(0.1, 3))).toEqual([
    { column: 'a', value: 0.1 },
    { column: 'b', value: 3 },
  ]);
  expect(namedRow(traits, Uint8Array.of(7))).toEqual([{ column: 'input 1', value: 7 }]);
});

test('what is right is in the unit of the target', () => {
  const traits = { inputShape: [2], inputDivisor: 1, targetShape: [1], classes: undefined };
  const price = { kind: 'standardise', column: 'price', mean: 500_000, deviation: 80_000 } as const;
  const prepared = { ...traits, preparation: { ...preparation, targets: [price] } };
  const target = Float32Array.of((449_900 - 500_000) / 80_000);
  expect(targetValues(prepared, target)).toEqual([{ column: 'price', value: 449_900 }]);
  expect(targetValues(traits, Float32Array.of(0.3))).toEqual([{ value: 0.3 }]);
  // Of a model whose targets are others than the table's columns nothing is undone.
  expect(targetValues(prepared, Float32Array.of(1, 2)).map(({ column }) => column)).toEqual([
    undefined,
    undefined,
  ]);
});
