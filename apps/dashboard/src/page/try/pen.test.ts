// The pen by keyboard: arrows move it, and it stays on the sheet.
import { expect, test } from 'vitest';
import { keyStep } from './pen.js';

test.each([
  ['ArrowUp', { x: 50, y: 40 }],
  ['ArrowDown', { x: 50, y: 60 }],
  ['ArrowLeft', { x: 40, y: 50 }],
  ['ArrowRight', { x: 60, y: 50 }],
  ['a', undefined],
])('%s', (key, to) => {
  expect(keyStep({ x: 50, y: 50 }, key, 100)).toEqual(to);
});

test('it does not leave the sheet', () => {
  expect(keyStep({ x: 3, y: 3 }, 'ArrowLeft', 100)).toEqual({ x: 0, y: 3 });
  expect(keyStep({ x: 97, y: 97 }, 'ArrowDown', 100)).toEqual({ x: 97, y: 100 });
});
