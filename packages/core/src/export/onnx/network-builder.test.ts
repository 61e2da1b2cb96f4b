import { expect, test } from 'vitest';
import { NetworkBuilder } from './network-builder.js';

test('nodes of one kind are numbered through, past names that are taken, however many there are', () => {
  const builder = new NetworkBuilder('input', ['input', 'Relu_2']);
  const names = Array.from({ length: 100_000 }, () => builder.add('Relu', ['input']));
  expect(names.slice(0, 3)).toEqual(['Relu', 'Relu_1', 'Relu_3']);
  expect(names.at(-1)).toBe('Relu_100000');
  expect(new Set(names).size).toBe(100_000);
});
