import { Option } from 'commander';
import { expect, test } from 'vitest';
import { wordsFor } from './words.js';

const OPTIONS = [
  new Option('--out <dir>'),
  new Option('--epochs <n>'),
  new Option('--no-shuffle'),
  new Option('--dashboard [place]'),
  new Option('--continue'),
  new Option('--rank <n>'),
];

const without = (...words: string[]): string[] =>
  wordsFor(words, OPTIONS, (flag) => flag !== 'rank');

test('of what was typed all but some flags is handed on, values with their flags', () => {
  expect(without('--rank', '1', '--out', 'a', '--no-shuffle')).toEqual([
    '--out',
    'a',
    '--no-shuffle',
  ]);
  expect(without('--rank=1', '--epochs=3')).toEqual(['--epochs=3']);
  expect(without('--dashboard', '7072', '--continue')).toEqual([
    '--dashboard',
    '7072',
    '--continue',
  ]);
  expect(without('--dashboard', '--rank', '1')).toEqual(['--dashboard']);
  expect(without('--out', '--rank', '--rank', '2')).toEqual(['--out', '--rank']);
});
