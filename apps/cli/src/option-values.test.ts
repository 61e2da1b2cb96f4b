import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import {
  decimalNumber,
  layerSizes,
  nonEmpty,
  shardCount,
  share,
  wholeNumber,
} from './option-values.js';

describe('a whole number', () => {
  test.each(['0', '7', '9007199254740991'])('%s is taken', (text) => {
    expect(wholeNumber(0)(text)).toBe(Number(text));
  });

  test.each(['', ' 1', '-1', '1.5', '1e3', '0x10', 'many', '9007199254740993'])(
    '"%s" is refused',
    (text) => {
      expect(() => wholeNumber(0)(text)).toThrow(InvalidArgumentError);
    },
  );

  test('what is out of the range is refused, and the range is named', () => {
    expect(() => wholeNumber(1, 9)('0')).toThrow('Expected a whole number from 1 to 9.');
    expect(() => wholeNumber(1, 9)('10')).toThrow('Expected a whole number from 1 to 9.');
    expect(wholeNumber(1, 9)('9')).toBe(9);
  });
});

describe('a decimal number', () => {
  test.each([
    ['0', 0],
    ['.5', 0.5],
    ['1e-3', 0.001],
    ['0.10', 0.1],
  ])('%s is taken', (text, value) => {
    expect(decimalNumber()(text)).toBe(value);
  });

  test.each(['', '-0.1', 'Infinity', 'NaN', '1e999', '1,5', '.'])('"%s" is refused', (text) => {
    expect(() => decimalNumber()(text)).toThrow(InvalidArgumentError);
  });

  test('the bound itself is refused', () => {
    expect(() => decimalNumber(1)('1')).toThrow('from 0 to below 1');
  });
});

describe('a share', () => {
  test.each([
    ['0', 0],
    ['.05', 0.05],
    ['1', 1],
  ])('%s is taken', (text, value) => {
    expect(share(text)).toBe(value);
  });

  test.each(['', '-0', '1.001', '5%', 'NaN'])('"%s" is refused', (text) => {
    expect(() => share(text)).toThrow('from 0 to 1');
  });
});

test('layer sizes are a list in order, or none', () => {
  expect(layerSizes('128,64')).toEqual([128, 64]);
  expect(layerSizes('10')).toEqual([10]);
  expect(layerSizes('none')).toEqual([]);
});

test.each(['', '128,', '0', '128,-1', '12a', '1.5'])('layer sizes "%s" are refused', (text) => {
  expect(() => layerSizes(text)).toThrow(InvalidArgumentError);
});

test('shards are a power of two', () => {
  expect(shardCount('8')).toBe(8);
  expect(() => shardCount('3')).toThrow('3 is not a power of two from 1 to 1024.');
  expect(() => shardCount('2048')).toThrow(InvalidArgumentError);
});

test('an empty name is refused', () => {
  expect(() => nonEmpty('')).toThrow(InvalidArgumentError);
});
