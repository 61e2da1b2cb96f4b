// Residuals of one of several values.
import { expect, test } from 'vitest';
import { residualsOf, worstOf } from './residuals.js';

const examination = {
  kind: 'values' as const,
  count: 4,
  width: 2,
  right: Float64Array.of(1, 10, 2, 10, 3, 10, 4, 10),
  said: Float64Array.of(1, 11, 2, 9, 3, 13, 0, 10),
  names: ['price', 'rooms'],
};

test('are those of the value that is asked for', () => {
  const price = residualsOf(examination, 0);
  expect(price).toEqual({
    right: [1, 2, 3, 4],
    said: [1, 2, 3, 0],
    meanAbsolute: 1,
    rootMeanSquare: 2,
    r2: 1 - 16 / 5,
  });
  expect(worstOf(price, 2)).toEqual([3, 0]);
  expect(worstOf(residualsOf(examination, 1), 1)).toEqual([2]);
});

test('have no R² where all right values are equal', () => {
  expect(residualsOf(examination, 1).r2).toBeUndefined();
});
