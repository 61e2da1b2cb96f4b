// Numbers that are no rows, of any value: zeros, no gradient, and nothing outside of the tensors read or written.
import { expect, test } from 'vitest';
import { createArena } from './bits/arena.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k } = arena;

const FLOATS = [-1, 3, 1e30, -1e30, NaN, Infinity, -Infinity, 2 ** 31, -0.5];
const INTS = [-1, 3, -100, 0x7fff_ffff, -0x8000_0000, 0x4000_0000];

test.each([
  ['floats', 1, arena.put([...FLOATS, 2, 0.9, 2]), FLOATS.length],
  ['integers', 0, arena.putInts(Int32Array.of(...INTS, 2, 0, 2)), INTS.length],
] as const)('%s', (_, isFloat, indices, outside) => {
  const count = outside + 3;
  const x = arena.put([1, 2, 3, 4, 5, 6]);
  const out = arena.put(Array(2 * count).fill(9));
  k.gather(out.at, x.at, indices.at, isFloat, 1, 3, count, 2, 0);
  expect([...out.f32]).toEqual([...Array(2 * outside).fill(0), 5, 6, 1, 2, 5, 6]);
  const d = arena.put(Array.from({ length: 2 * count }, (_, i) => i + 1));
  const dx = arena.put(Array(6).fill(9));
  k.gatherGrad(dx.at, d.at, indices.at, isFloat, 1, 3, count, 2, 0);
  const at = 2 * outside;
  expect([...dx.f32]).toEqual([at + 3, at + 4, 0, 0, 2 * at + 6, 2 * at + 8]);
  arena.check();
});
