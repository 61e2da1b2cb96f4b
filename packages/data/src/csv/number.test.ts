import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFloat } from './number.js';

const POINT = 46;

function read(text: string): number {
  const bytes = new TextEncoder().encode(`[${text}]`);
  return readFloat(bytes, 1, bytes.length - 1, POINT);
}

const digits = (max: number) => fc.stringMatching(new RegExp(`^\\d{0,${max}}$`));

test('every decimal number has the bits of Math.fround(Number(text))', () => {
  const decimals = fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      digits(24),
      fc.constantFrom('', '.'),
      digits(24),
      fc.option(fc.integer({ min: -60, max: 60 })),
    )
    .map(
      ([sign, whole, point, part, exponent]) =>
        `${sign}${whole}${point}${point && part}${exponent === null ? '' : `e${exponent}`}`,
    )
    .filter((text) => /\d/.test(text.split('e')[0]!));
  fc.assert(
    fc.property(decimals, (text) => {
      expect(read(text)).toBe(Math.fround(Number(text)));
    }),
    { numRuns: 3000 },
  );
});

test('what programs write for doubles and floats is read to the bit', () => {
  const written = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
  );
  fc.assert(
    fc.property(written, (value) => {
      for (const text of [String(value), value.toExponential(16), value.toPrecision(17)]) {
        expect(read(text)).toBe(Math.fround(Number(text)));
      }
    }),
    { numRuns: 3000 },
  );
});

test('numbers half-way between two float32 values round as doubles do', () => {
  for (const text of [
    '16777217',
    '16777217.00000009',
    '16777217.0000000001',
    '16777216.9999999999',
    '1.00000005960464477539062',
    '1.000000059604644775390625',
    '1.00000005960464477539063',
  ]) {
    expect(read(text)).toBe(Math.fround(Number(text)));
  }
});

test('what Number() takes beyond decimals is no number', () => {
  for (const text of [
    '',
    ' ',
    '+',
    '-',
    '.',
    '-.',
    'e5',
    '1e',
    '1e+',
    '1e5.5',
    '0x10',
    '0b1',
    'Infinity',
    'NaN',
    '1_000',
    '1,5',
    '1 2',
    '١',
  ]) {
    expect(read(text), JSON.stringify(text)).toBeNaN();
  }
});
