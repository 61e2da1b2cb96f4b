import { describe, expect, it } from 'vitest';
import { toFloat32 } from './float32.js';
import type { StoredTensor } from './stored-tensor.js';

const tensor = (dtype: StoredTensor['dtype'], data: StoredTensor['data']): StoredTensor =>
  ({ dtype, shape: [data.length], data }) as StoredTensor;

describe('toFloat32', () => {
  it('gives float32 back as it is', () => {
    const data = Float32Array.of(1.5, -0);
    expect(toFloat32('w', tensor('F32', data))).toBe(data);
  });

  // Source of the pairs: IEEE 754-2019, table of binary16's extremes.
  it.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x03ff, (1023 / 1024) * 2 ** -14],
    [0x0001, 2 ** -24],
    [0x3555, 0.333251953125],
    [0x8000, -0],
  ])('reads the float16 %i as %d', (bits, value) => {
    expect(toFloat32('w', tensor('F16', Uint16Array.of(bits)))).toEqual(Float32Array.of(value));
  });

  it('reads bfloat16 as the upper half of float32', () => {
    const values = Float32Array.of(1, -2.5, 0, -0, 1e30, 2 ** -130);
    const halves = Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16);
    const exact = new Float32Array(Uint32Array.from(halves, (half) => half * 65536).buffer);
    expect(toFloat32('w', tensor('BF16', halves))).toEqual(exact);
    expect([...exact.subarray(0, 4)]).toEqual([1, -2.5, 0, -0]);
  });

  it('rounds float64 to the nearest', () => {
    expect(toFloat32('w', tensor('F64', Float64Array.of(0.1, -1e-60)))).toEqual(
      Float32Array.of(0.1, -0),
    );
  });

  it('takes integers that float32 has, and refuses others', () => {
    expect(toFloat32('n', tensor('I64', BigInt64Array.of(-5n, 2n ** 40n)))).toEqual(
      Float32Array.of(-5, 2 ** 40),
    );
    expect(toFloat32('n', tensor('BOOL', Uint8Array.of(0, 1)))).toEqual(Float32Array.of(0, 1));
    expect(() => toFloat32('n', tensor('I64', BigInt64Array.of(1n, 2n ** 53n + 1n)))).toThrow(
      '"n" holds 9007199254740993 at element 1, which no float32 is',
    );
    expect(() => toFloat32('n', tensor('I32', Int32Array.of(2 ** 24 + 1)))).toThrow('16777217');
  });

  it.each<[StoredTensor['dtype'], StoredTensor['data'], string]>([
    ['F32', Float32Array.of(0, Number.NaN), '"w" holds NaN at element 1'],
    ['F16', Uint16Array.of(0x7c00), '"w" holds Infinity at element 0'],
    ['F16', Uint16Array.of(0xfe01), '"w" holds NaN'],
    ['BF16', Uint16Array.of(0xff80), '"w" holds -Infinity'],
    ['F64', Float64Array.of(1e39), '"w" holds 1e+39, which is too large for float32'],
  ])('refuses %s that is not finite, or would not be', (dtype, data, message) => {
    expect(() => toFloat32('w', tensor(dtype, data))).toThrow(message);
  });
});
