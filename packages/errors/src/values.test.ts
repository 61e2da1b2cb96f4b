import { expect, test } from 'vitest';
import { requireNumber } from './values.js';

test('what is to be above 0 is so as a float32', () => {
  const of = (value: number) => () => requireNumber('loss', 'delta', value, { above: 0 });
  expect(of(1e-60)).toThrow('loss: delta must be a finite float32 > 0, got 1e-60');
  expect(of(1e-45)()).toBe(1e-45);
  expect(requireNumber('loss', 'beta', 1e-60, { min: 0 })).toBe(1e-60);
});
