import { expect, test } from 'vitest';
import {
  formatClock,
  formatCount,
  formatLoss,
  formatPercent,
  formatSeconds,
  plural,
} from './wording.js';

test('seconds are read as seconds up to a minute, then as a clock', () => {
  expect([0.517, 9.99, 9.999, 12.34, 59.94].map(formatSeconds)).toEqual([
    '0.52 s',
    '9.99 s',
    '10.0 s',
    '12.3 s',
    '59.9 s',
  ]);
  expect([59.96, 95, 3725].map(formatSeconds)).toEqual(['1:00', '1:35', '1:02:05']);
});

test('a clock rounds to whole seconds and carries', () => {
  expect([0, 5.4, 59.6, 3599.6].map(formatClock)).toEqual(['0:00', '0:05', '1:00', '1:00:00']);
});

test('a loss keeps the digits that tell something', () => {
  expect([0, 2.34567, 0.0123, 0.00012345, 12345678].map(formatLoss)).toEqual([
    '0.0000',
    '2.3457',
    '0.0123',
    '0.000123',
    '1.23e+7',
  ]);
});

test('counts have a comma every three digits', () => {
  expect([0, 999, 1000, 10_703.6, 109_386, 1_234_567_890].map(formatCount)).toEqual([
    '0',
    '999',
    '1,000',
    '10,704',
    '109,386',
    '1,234,567,890',
  ]);
});

test('accuracy is a percentage with two decimals', () => {
  expect(formatPercent(0.97534)).toBe('97.53%');
  expect(formatPercent(1)).toBe('100.00%');
});

test('one thing is singular', () => {
  expect([plural(1, 'shard'), plural(2, 'shard'), plural(1000, 'step')]).toEqual([
    '1 shard',
    '2 shards',
    '1,000 steps',
  ]);
});
