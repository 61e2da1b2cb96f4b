// Comparisons by bits. NaNs are equal to each other: WebAssembly leaves their sign and
// payload open, and nothing hashes them.
import { expect } from 'vitest';

function show(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}

/** Fails unless both hold the same bits, NaN for NaN. */
export function expectSameBits(actual: Float32Array, expected: ArrayLike<number>): void {
  const wanted = Float32Array.from(expected);
  expect(actual.length).toBe(wanted.length);
  const index = wanted.findIndex((x, i) => !Object.is(x, actual[i]));
  if (index >= 0) {
    expect.fail(
      `element ${index} of ${wanted.length}: ${show(actual[index]!)}, expected ${show(wanted[index]!)}`,
    );
  }
}

/** Distance of two floats in units in the last place; Infinity if just one is NaN. */
export function ulpDistance(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) === Number.isNaN(b) ? 0 : Infinity;
  const [x, y] = new Int32Array(Float32Array.of(a, b).buffer);
  const ordered = (bits: number): number => (bits < 0 ? -(bits & 0x7fffffff) : bits);
  return Math.abs(ordered(x!) - ordered(y!));
}
