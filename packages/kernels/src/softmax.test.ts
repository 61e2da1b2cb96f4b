import { expect, test } from 'vitest';
import { createArena } from './bits/arena.js';
import { randomFloats } from './bits/values.js';
import { expectSameBits } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k } = arena;

/**
 * Relative error allowed for a row of n values in [-4, 4]: a - max is rounded (up to 8 half-ulps in the
 * exponent), exp is within 1 ulp, a lane adds n / 4 terms, and a few single operations come on top.
 */
const tolerance = (n: number): number => (n / 4 + 16) * 2 ** -23;

function expectNear(actual: Float32Array, expected: number[], relative: number, scale = 0): void {
  expected.forEach((x, i) => {
    expect(Math.abs(actual[i]! - x)).toBeLessThanOrEqual(relative * Math.max(Math.abs(x), scale));
  });
}

function rowsOf(flat: Float32Array, len: number): number[][] {
  return Array.from({ length: flat.length / len }, (_, i) => [
    ...flat.slice(i * len, (i + 1) * len),
  ]);
}

function softmaxOf(row: number[]): number[] {
  const top = Math.max(...row);
  const e = row.map((x) => Math.exp(x - top));
  const total = e.reduce((s, x) => s + x, 0);
  return e.map((x) => x / total);
}

const sum = (row: number[]): number => row.reduce((s, x) => s + x, 0);

test('softmax and logSoftmax agree with float64 at every length', () => {
  for (let len = 1; len <= 35; ++len) {
    arena.reset();
    const a = arena.put(randomFloats(3 * len, len));
    const out = arena.room(3 * len);
    const probabilities = rowsOf(a.f32, len).flatMap(softmaxOf);
    k.softmax(out.at, a.at, 3, len);
    arena.check();
    expectNear(out.f32, probabilities, tolerance(len));
    k.logSoftmax(out.at, a.at, 3, len);
    arena.check();
    // Near 0 the logarithm's error is absolute: that of the sum, which is at least 1.
    expectNear(out.f32, probabilities.map(Math.log), tolerance(len), 1);
  }
});

test('the softmax gradients agree with float64 at every length', () => {
  for (let len = 1; len <= 35; ++len) {
    arena.reset();
    const dy = arena.put(randomFloats(2 * len, len));
    const logits = arena.put(randomFloats(2 * len, len + 100));
    const y = arena.room(2 * len);
    const out = arena.room(2 * len);
    const dys = rowsOf(dy.f32, len);

    k.softmax(y.at, logits.at, 2, len);
    k.softmaxGrad(out.at, dy.at, y.at, 2, len);
    arena.check();
    const grads = rowsOf(y.f32, len).flatMap((p, r) => {
      const dot = sum(p.map((v, i) => v * dys[r]![i]!));
      return p.map((v, i) => v * (dys[r]![i]! - dot));
    });
    // dy is up to 4, so the difference from the dot product has that scale.
    expectNear(out.f32, grads, tolerance(len), 4);

    k.logSoftmax(y.at, logits.at, 2, len);
    k.logSoftmaxGrad(out.at, dy.at, y.at, 2, len);
    arena.check();
    const logGrads = rowsOf(y.f32, len).flatMap((l, r) =>
      l.map((v, i) => dys[r]![i]! - Math.exp(v) * sum(dys[r]!)),
    );
    expectNear(out.f32, logGrads, tolerance(len), 4 * len);
  }
});

test('logits of 1e4 and -1e4 neither overflow nor turn into NaN', () => {
  arena.reset();
  const a = arena.put([1e4, -1e4, 0, 1e4, 1e4 - 1]);
  const out = arena.room(5);
  k.softmax(out.at, a.at, 1, 5);
  const expected = softmaxOf([...a.f32]);
  expectNear(out.f32, expected, tolerance(5));
  k.logSoftmax(out.at, a.at, 1, 5);
  expect(out.f32[1]).toBe(Math.fround(-2e4 + Math.log(expected[0]!)));
  const low = arena.put([-1e4, -1e4]);
  k.softmax(low.at, low.at, 1, 2);
  expect([...low.f32]).toEqual([0.5, 0.5]);
});

test('a NaN fills its own row and no other', () => {
  arena.reset();
  const a = arena.put([1, 2, 3, 4, 5, 6, Number.NaN, 8, 9, 1, 2, 3]);
  for (const name of ['softmax', 'logSoftmax'] as const) {
    const out = arena.room(12);
    k[name](out.at, a.at, 3, 4);
    expect(rowsOf(out.f32, 4).map((row) => row.filter(Number.isNaN).length)).toEqual([0, 4, 0]);
  }
});

test('a row has the same bits in any position and in place', () => {
  for (let len = 1; len <= 35; ++len) {
    arena.reset();
    const row = randomFloats(len, len);
    const a = arena.put([...randomFloats(len, 7), ...row, ...row]);
    const dy = randomFloats(len, 8);
    const dys = arena.put([...randomFloats(len, 9), ...dy, ...dy]);
    const oneA = arena.put(row);
    const oneDy = arena.put(dy);
    const out = arena.room(3 * len);
    const one = arena.room(len);
    for (const name of ['softmax', 'logSoftmax'] as const) {
      k[name](out.at, a.at, 3, len);
      k[name](one.at, oneA.at, 1, len);
      expectSameBits(out.f32.slice(len), [...one.f32, ...one.f32]);
      const inPlace = arena.put(row);
      k[name](inPlace.at, inPlace.at, 1, len);
      expectSameBits(inPlace.f32, one.f32);
    }
    for (const name of ['softmaxGrad', 'logSoftmaxGrad'] as const) {
      k[name](out.at, dys.at, a.at, 3, len);
      k[name](one.at, oneDy.at, oneA.at, 1, len);
      expectSameBits(out.f32.slice(len), [...one.f32, ...one.f32]);
      const inPlace = arena.put(dy);
      k[name](inPlace.at, inPlace.at, oneA.at, 1, len);
      expectSameBits(inPlace.f32, one.f32);
    }
    arena.check();
  }
});

test('empty rows and no rows write nothing', () => {
  arena.reset();
  const out = arena.room(4);
  const before = [...out.u32];
  for (const [rows, len] of [
    [0, 4],
    [4, 0],
  ] as const) {
    k.softmax(out.at, out.at, rows, len);
    k.logSoftmax(out.at, out.at, rows, len);
    k.softmaxGrad(out.at, out.at, out.at, rows, len);
    k.logSoftmaxGrad(out.at, out.at, out.at, rows, len);
  }
  arena.check();
  expect([...out.u32]).toEqual(before);
});
