// Test values and comparisons by bits. NaNs are equal to each other: WebAssembly leaves their sign and
// payload open, and nothing hashes them.
import { expect } from 'vitest';

/** The awkward floats: zeros, subnormals, the ends of the range, infinities, NaN. */
export const EDGES: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  -2,
  1e-45,
  -1e-45,
  1e-39,
  -1e-39,
  1.1754943508222875e-38,
  -1.1754943508222875e-38,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  1e4,
  -1e4,
  88.72,
  88.73,
  -87.3,
  -103.9,
  -104,
  -200,
  16777217,
  Infinity,
  -Infinity,
  NaN,
];

/** n reproducible float32 values in [-spread, spread]. */
export function randomFloats(n: number, seed: number, spread = 4): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * spread;
  });
}

/** n reproducible integers in [0, below). */
export function randomInts(n: number, seed: number, below: number): number[] {
  return Array.from(randomFloats(n, seed, 1), (x) => Math.floor(((x + 1) / 2) * below) % below);
}

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
