import { expect, test } from 'vitest';
import { createArena } from './bits/arena.js';
import { EDGES, randomFloats, randomInts } from './bits/values.js';
import { expectSameBits } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k } = arena;
const fr = Math.fround;

/** The documented order for inner 1: lane j mod 8 of two vectors, then one fixed tree. */
function sumOfRow(row: ArrayLike<number>): number {
  const lanes = new Float32Array(8);
  const whole = row.length - (row.length % 8);
  for (let j = 0; j < whole; ++j) lanes[j % 8]! += row[j]!;
  let j = whole;
  if (row.length - j >= 4) for (let lane = 0; lane < 4; ++lane) lanes[lane]! += row[j++]!;
  for (let lane = 4; j < row.length; ++lane) lanes[lane]! += row[j++]!;
  const v = Array.from({ length: 4 }, (_, lane) => fr(lanes[lane]! + lanes[lane + 4]!));
  return fr(fr(v[0]! + v[2]!) + fr(v[1]! + v[3]!));
}

function reference(
  a: ArrayLike<number>,
  [outer, len, inner]: readonly [number, number, number],
  fold: (column: number[]) => number,
): number[] {
  const result: number[] = [];
  for (let o = 0; o < outer; ++o) {
    for (let i = 0; i < inner; ++i) {
      result.push(fold(Array.from({ length: len }, (_, j) => a[(o * len + j) * inner + i]!)));
    }
  }
  return result;
}

const sequentialSum = (column: number[]): number => column.reduce((s, x) => fr(s + x), 0);

test('sum over columns is sequential, for every number of columns', () => {
  for (let inner = 2; inner <= 35; ++inner) {
    for (const [outer, len] of [
      [1, 9],
      [3, 4],
      [2, 1],
      [2, 0],
    ] as const) {
      arena.reset();
      const a = arena.put(randomFloats(outer * len * inner, inner));
      const out = arena.room(outer * inner);
      k.sum(out.at, a.at, outer, len, inner);
      arena.check();
      expectSameBits(out.f32, reference(a.f32, [outer, len, inner], sequentialSum));
    }
  }
});

test('sum over rows is in the documented order, for every length', () => {
  for (let len = 0; len <= 70; ++len) {
    arena.reset();
    const a = arena.put(randomFloats(3 * len, len));
    const out = arena.room(3);
    k.sum(out.at, a.at, 3, len, 1);
    arena.check();
    expectSameBits(out.f32, reference(a.f32, [3, len, 1], sumOfRow));
  }
});

test('sum of a zero-length axis writes zeros, and of nothing writes nothing', () => {
  arena.reset();
  const out = arena.room(6);
  k.sum(out.at, out.at, 2, 0, 3);
  expectSameBits(out.f32, [0, 0, 0, 0, 0, 0]);
  const untouched = arena.room(4);
  const before = [...untouched.u32];
  k.sum(untouched.at, out.at, 0, 5, 3);
  k.sum(untouched.at, out.at, 5, 5, 0);
  arena.check();
  expect([...untouched.u32]).toEqual(before);
});

test('max is the maximum at every shape, and NaN if there is one', () => {
  for (let n = 1; n <= 35; ++n) {
    const shapes: [outer: number, len: number, inner: number][] = [
      [3, n, 1],
      [2, 3, n],
    ];
    for (const shape of shapes) {
      arena.reset();
      const size = shape[0] * shape[1] * shape[2];
      const values = randomFloats(size, n);
      EDGES.slice(0, 20).forEach((x, i) => {
        if (i * 7 < size) values[i * 7] = x;
      });
      if (n % 5 === 0) values[n] = Number.NaN;
      const a = arena.put(values);
      const out = arena.room(shape[0] * shape[2]);
      k.max(out.at, a.at, ...shape);
      arena.check();
      expectSameBits(
        out.f32,
        reference(a.f32, shape, (column) => Math.max(...column)),
      );
    }
  }
});

test('maxGrad shares the gradient evenly among the ties', () => {
  for (let n = 1; n <= 35; ++n) {
    for (const [outer, len, inner] of [
      [3, n, 1],
      [2, 4, n],
    ] as const) {
      arena.reset();
      // Three different values only, so that ties are common.
      const x = arena.put(randomInts(outer * len * inner, n, 3));
      const y = arena.room(outer * inner);
      const dy = arena.put(randomFloats(outer * inner, n));
      const out = arena.room(outer * len * inner);
      k.max(y.at, x.at, outer, len, inner);
      k.maxGrad(out.at, dy.at, x.at, y.at, outer, len, inner);
      arena.check();
      const ties = reference(x.f32, [outer, len, inner], (column) => {
        const top = Math.max(...column);
        return column.filter((v) => v === top).length;
      });
      expectSameBits(
        out.f32,
        Array.from(x.f32, (v, i) => {
          const at = Math.floor(i / (len * inner)) * inner + (i % inner);
          return v === y.f32[at] ? fr(dy.f32[at]! / ties[at]!) : 0;
        }),
      );
    }
  }
});

test('sumSquares adds in float64, in an order that depends on n alone', () => {
  for (let n = 0; n <= 70; ++n) {
    arena.reset();
    const g = arena.put(randomFloats(n, n, 1e20));
    const lanes = [0, 0, 0, 0];
    g.f32.forEach((x, i) => {
      lanes[i % 4]! += x * x;
    });
    expect(k.sumSquares(g.at, n)).toBe(lanes[0]! + lanes[2]! + (lanes[1]! + lanes[3]!));
  }
});

test('allFinite sees one NaN or Inf anywhere, and nothing past the end', () => {
  for (let n = 0; n <= 35; ++n) {
    arena.reset();
    const a = arena.put([...randomFloats(n, n, 3e38), Number.NaN]);
    expect(k.allFinite(a.at, n)).toBe(1);
    for (let i = 0; i < n; ++i) {
      const kept = a.f32[i]!;
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        a.f32[i] = bad;
        expect(k.allFinite(a.at, n)).toBe(0);
      }
      a.f32[i] = kept;
    }
  }
});
