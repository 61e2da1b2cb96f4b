// Values to try kernels with: reproducible ones, and those that arithmetic stumbles over.

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
  const values = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = (state / 2 ** 31 - 1) * spread;
  }
  return values;
}

/** n reproducible integers in [0, below). */
export function randomInts(n: number, seed: number, below: number): number[] {
  return Array.from(randomFloats(n, seed, 1), (x) => Math.floor(((x + 1) / 2) * below) % below);
}
