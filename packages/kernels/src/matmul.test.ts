import { expect, test } from 'vitest';
import { createArena } from './bits/arena.js';
import { randomFloats } from './bits/values.js';
import { expectSameBits } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k } = arena;
const fr = Math.fround;

interface Shape {
  m: number;
  p: number;
  kk: number;
  batch?: number;
  transposed?: boolean;
  sharedA?: boolean;
  sharedB?: boolean;
}

/** Runs the kernel and the plain triple loop, and expects the same bits. */
function check({ m, p, kk, batch = 1, transposed, sharedA, sharedB }: Shape): void {
  arena.reset();
  const aBatch = sharedA ? 0 : m * kk;
  const bBatch = sharedB ? 0 : kk * p;
  const a = arena.put(randomFloats((batch - 1) * aBatch + m * kk, 1));
  const b = arena.put(randomFloats((batch - 1) * bBatch + kk * p, 2));
  const out = arena.room(batch * m * p);
  const [aRow, aCol] = transposed ? [1, m] : [kk, 1];
  k.matmul(out.at, a.at, b.at, m, p, kk, aRow, aCol, batch, aBatch, bBatch, 0);
  arena.check();
  const expected = new Float32Array(batch * m * p);
  for (let s = 0; s < batch; ++s)
    for (let i = 0; i < m; ++i)
      for (let j = 0; j < p; ++j) {
        let sum = 0;
        for (let l = 0; l < kk; ++l) {
          const x = a.f32[s * aBatch + i * aRow + l * aCol]!;
          sum = fr(sum + fr(x * b.f32[s * bBatch + l * p + j]!));
        }
        expected[(s * m + i) * p + j] = sum;
      }
  expectSameBits(out.f32, expected);
}

test('every tile shape gives the bits of the plain triple loop', () => {
  for (let m = 0; m <= 10; ++m) for (let p = 0; p <= 20; ++p) check({ m, p, kk: 7 });
});

test('every inner length gives the bits of the plain triple loop, 0 giving zeros', () => {
  for (let kk = 0; kk <= 35; ++kk) check({ m: 5, p: 13, kk });
});

test('a transposed A gives the bits of the plain triple loop', () => {
  for (let m = 1; m <= 9; ++m)
    for (const p of [1, 3, 4, 8, 15]) check({ m, p, kk: 11, transposed: true });
});

test('batches use their strides, and a stride of 0 shares one matrix', () => {
  for (const sharedA of [false, true]) {
    for (const sharedB of [false, true]) {
      check({ m: 5, p: 11, kk: 6, batch: 3, sharedA, sharedB });
      check({ m: 6, p: 4, kk: 5, batch: 2, sharedA, sharedB, transposed: true });
    }
  }
});

test('a layer-sized product gives the bits of the plain triple loop', () => {
  check({ m: 33, p: 129, kk: 130 });
});

test('a zero in A is multiplied, not skipped: 0 times inf is NaN', () => {
  arena.reset();
  const a = arena.put([0, 1]);
  const b = arena.put([Infinity, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  const out = arena.room(9);
  k.matmul(out.at, a.at, b.at, 1, 9, 2, 2, 1, 1, 0, 0, 0);
  expect(Array.from(out.f32, Number.isNaN).indexOf(true)).toBe(0);
  expect(out.f32[1]).toBe(1);
});

test('packed panels give the same bits as the matrix they were made of', () => {
  for (const [m, p, kk] of [
    [0, 8, 3],
    [1, 8, 1],
    [5, 7, 4],
    [3, 24, 0],
    [6, 30, 17],
    [9, 45, 40],
  ] as const) {
    arena.reset();
    const a = arena.put(randomFloats(m * kk, 1));
    const b = arena.put(randomFloats(kk * p, 2));
    const panels = arena.room(kk * (p & ~7));
    const [plain, packed] = [arena.room(m * p), arena.room(m * p)];
    k.packPanels(panels.at, b.at, kk, p);
    k.matmul(plain.at, a.at, b.at, m, p, kk, kk, 1, 1, 0, 0, 0);
    k.matmul(packed.at, a.at, b.at, m, p, kk, kk, 1, 1, 0, 0, panels.at);
    arena.check();
    expectSameBits(packed.f32, plain.f32);
    for (let i = 0; i < panels.f32.length; i++) {
      const [panel, within] = [Math.floor(i / (8 * kk)), i % (8 * kk)];
      expect(panels.f32[i]).toBe(b.f32[Math.floor(within / 8) * p + 8 * panel + (within % 8)]);
    }
  }
});

test('many columns with few terms, and with many, give the bits of the plain triple loop', () => {
  check({ m: 7, p: 1000, kk: 3 });
  check({ m: 6, p: 1000, kk: 40 });
});

test('a product over many rows gives the bits of the product over all of them at once', () => {
  for (const rows of [0, 1, 5, 96, 97, 255, 256, 257, 600]) {
    for (const [m, p] of [
      [1, 1],
      [4, 8],
      [5, 13],
      [9, 20],
      [6, 7],
    ] as const) {
      arena.reset();
      const a = arena.put(randomFloats(rows * m, 3));
      const d = arena.put(randomFloats(rows * p, 4));
      const [out, expected] = [arena.room(m * p), arena.room(m * p)];
      const scratch = arena.room(256 * (m + p + 10));
      k.matmulTransposed(out.at, a.at, d.at, m, p, rows, scratch.at);
      k.matmul(expected.at, a.at, d.at, m, p, rows, 1, m, 1, 0, 0, 0);
      arena.check();
      expectSameBits(out.f32, expected.f32.slice());
    }
  }
});

test('of some shards it gives the bits of each alone, added along the tree', () => {
  for (const starts of [
    [0, 0],
    [0, 7],
    [0, 3, 7],
    [0, 2, 2, 3, 8],
    [0, 16, 33, 49, 66, 67, 67, 67, 76],
  ]) {
    for (const [m, p, rowsOfSample] of [
      [1, 1, 1],
      [4, 8, 1],
      [9, 21, 2],
      [7, 40, 1],
    ] as const) {
      arena.reset();
      const shards = starts.length - 1;
      const rows = rowsOfSample * starts.at(-1)!;
      const a = arena.put(randomFloats(rows * m, 3));
      const d = arena.put(randomFloats(rows * p, 4));
      const out = arena.room(m * p);
      const alone = Array.from({ length: shards }, () => arena.room(m * p));
      const scratch = arena.room(Math.max(rows, 256) * (m + p + 10) + 320).at;
      const at = arena.putInts(starts).at;
      k.treeMatmulTransposed(out.at, a.at, d.at, m, p, at, shards, rowsOfSample, scratch);
      for (const [shard, { at: to }] of alone.entries()) {
        const row = rowsOfSample * starts[shard]!;
        const count = rowsOfSample * starts[shard + 1]! - row;
        k.matmulTransposed(to, a.at + 4 * row * m, d.at + 4 * row * p, m, p, count, scratch);
      }
      for (let half = 1; half < shards; half *= 2) {
        for (let left = 0; left < shards; left += 2 * half) {
          k.addInto(alone[left]!.at, alone[left + half]!.at, m * p);
        }
      }
      arena.check();
      expectSameBits(out.f32, alone[0]!.f32.slice());
    }
  }
});
