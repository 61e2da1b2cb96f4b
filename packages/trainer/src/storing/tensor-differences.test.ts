import type { StoredTensor } from '@lockstep/formats';
import { describe, expect, it } from 'vitest';
import { tensorDifferences } from './tensor-differences.js';

function floats(values: readonly number[], shape: readonly number[] = [values.length]) {
  return { dtype: 'F32', shape, data: Float32Array.from(values) } as const;
}

function between(left: StoredTensor, right: StoredTensor) {
  const differences = tensorDifferences(new Map([['w', left]]), new Map([['w', right]]));
  expect(differences.length).toBeLessThan(2);
  return differences[0];
}

/** The float32 with these bits. */
function ofBits(bits: number): number {
  return new Float32Array(Int32Array.of(bits).buffer)[0]!;
}

describe('numbers that differ', () => {
  it('are found by the first one and its index, counted, and measured by the largest distance', () => {
    const left = floats([1, 2, 3, 4, 5, 6], [2, 3]);
    const right = floats([1, 2, 3, 4, ofBits(0x40a00003), ofBits(0x40c00001)], [2, 3]);
    expect(between(left, right)).toEqual({
      ...{ name: 'w', what: 'values', index: [1, 1], count: 2, of: 6, ulps: 3 },
      ...{ left: 5, right: ofBits(0x40a00003) },
    });
  });

  it.each<[string, number, number, number]>([
    ['neighbours', 1, ofBits(0x3f800001), 1],
    ['zero and minus zero', 0, -0, 1],
    ['the smallest numbers on both sides of zero', ofBits(1), ofBits(0x80000001 | 0), 3],
    ['1 and 2', 1, 2, 2 ** 23],
    ['all numbers', -3.4028234663852886e38, 3.4028234663852886e38, 2 * 0x7f7fffff + 1],
  ])('%s are so far from each other', (_, left, right, ulps) => {
    expect(between(floats([left]), floats([right]))).toMatchObject({ count: 1, ulps });
    expect(between(floats([right]), floats([left]))).toMatchObject({ count: 1, ulps });
  });

  it('are said in words where JSON has none', () => {
    const [nan, infinity] = [Number.NaN, Number.POSITIVE_INFINITY];
    expect(between(floats([nan]), floats([infinity]))).toMatchObject({
      ...{ left: 'NaN', right: 'Infinity' },
    });
    expect(between(floats([0]), floats([-0]))).toMatchObject({ left: 0, right: '-0' });
  });

  it.each<[StoredTensor, StoredTensor, object]>([
    [
      { dtype: 'F64', shape: [1], data: Float64Array.of(1) },
      { dtype: 'F64', shape: [1], data: Float64Array.of(1 + 2 ** -51) },
      { left: 1, right: 1 + 2 ** -51, ulps: 2 },
    ],
    [
      { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0x3c00) },
      { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0x3c05) },
      { left: 1, right: 1 + 5 / 1024, ulps: 5, index: [1] },
    ],
    [
      { dtype: 'BF16', shape: [1], data: Uint16Array.of(0x3f80) },
      { dtype: 'BF16', shape: [1], data: Uint16Array.of(0x7fc0) },
      { left: 1, right: '0x7fc0' },
    ],
    [
      { dtype: 'I64', shape: [], data: BigInt64Array.of(-(2n ** 60n)) },
      { dtype: 'I64', shape: [], data: BigInt64Array.of(2n ** 60n) },
      { left: '-1152921504606846976', ulps: 2 ** 61, index: [] },
    ],
    [
      { dtype: 'U8', shape: [1], data: Uint8Array.of(7) },
      { dtype: 'U8', shape: [1], data: Uint8Array.of(5) },
      { left: 7, right: 5, ulps: 2 },
    ],
  ])('may be of any type', (left, right, expected) => {
    expect(between(left, right)).toMatchObject({ what: 'values', count: 1, ...expected });
  });
});

it('what is the same in its bits is the same, also where it is no number', () => {
  const nan = floats([Number.NaN, 1]);
  expect(between(nan, floats([Number.NaN, 1]))).toBeUndefined();
  expect(between(floats([], [0, 3]), floats([], [0, 3]))).toBeUndefined();
});

it('tensors are told apart by name, by shape and by type before numbers are looked at', () => {
  const left = new Map<string, StoredTensor>([
    ['a', floats([1])],
    ['b', floats([1, 2])],
    ['c', floats([1, 2])],
  ]);
  const right = new Map<string, StoredTensor>([
    ['b', floats([1, 2], [2, 1])],
    ['c', { dtype: 'F64', shape: [2], data: Float64Array.of(1, 2) }],
    ['d', floats([1])],
  ]);
  expect(tensorDifferences(left, right)).toMatchObject([
    { name: 'a', what: 'presence', left: 'F32 [1]', right: null, count: 0 },
    { name: 'b', what: 'shape', left: '[2]', right: '[2, 1]', count: 0 },
    { name: 'c', what: 'dtype', left: 'F32', right: 'F64', count: 0, index: null },
    { name: 'd', what: 'presence', left: null, right: 'F32 [1]' },
  ]);
});

it('numbers of other types are compared as float32, where they have one', () => {
  const halves: StoredTensor = { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0x4000) };
  expect(between(floats([1, 2]), halves)).toMatchObject({ what: 'dtype', count: 0 });
  expect(between(floats([1, 3]), halves)).toMatchObject({ what: 'dtype', count: 1, index: [1] });
  const infinite: StoredTensor = { dtype: 'F16', shape: [1], data: Uint16Array.of(0x7c00) };
  expect(between(floats([1]), infinite)).toMatchObject({ what: 'dtype', count: 0, index: null });
});
