import { expect, test } from 'vitest';
import { createArena } from './bits/arena.js';
import { EDGES, randomFloats } from './bits/values.js';
import { expectSameBits, ulpDistance } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k } = arena;
const fr = Math.fround;
const VALUES = [...EDGES, ...randomFloats(64, 1), ...randomFloats(16, 2, 1e-38)];
const SLOPE = fr(0.01);

type Unary = 'neg' | 'exp' | 'log' | 'sqrt' | 'erf' | 'sigmoid' | 'tanh' | 'gelu' | 'relu' | 'step';
const UNARY: Unary[] = [
  'neg',
  'exp',
  'log',
  'sqrt',
  'erf',
  'sigmoid',
  'tanh',
  'gelu',
  'relu',
  'step',
];
const unary: Record<string, (out: number, a: number, n: number) => void> = {
  ...Object.fromEntries(UNARY.map((name) => [name, k[name]])),
  leakyRelu: (out, a, n) => k.leakyRelu(out, a, n, SLOPE),
};

type Grad = 'reluGrad' | 'sigmoidGrad' | 'tanhGrad' | 'geluGrad' | 'bceWithLogits';
const GRADS: Grad[] = ['reluGrad', 'sigmoidGrad', 'tanhGrad', 'geluGrad', 'bceWithLogits'];
const zips: Record<string, (out: number, a: number, b: number, n: number) => void> = {
  ...Object.fromEntries(GRADS.map((name) => [name, k[name]])),
  leakyReluGrad: (out, dy, x, n) => k.leakyReluGrad(out, dy, x, n, SLOPE),
};

/** References whose every operation is rounded to float32; both arguments are float32. */
const exactUnary: Record<string, (x: number) => number> = {
  neg: (x) => -x,
  sqrt: (x) => fr(Math.sqrt(x)),
  relu: (x) => Math.max(x, 0),
  step: (x) => (x > 0 ? 1 : 0),
  leakyRelu: (x) => (x > 0 ? x : fr(x * SLOPE)),
};
const exactZip: Record<string, (dy: number, y: number) => number> = {
  reluGrad: (dy, y) => (y > 0 ? dy : 0),
  leakyReluGrad: (dy, x) => (x > 0 ? dy : fr(dy * SLOPE)),
  sigmoidGrad: (dy, y) => fr(fr(dy * y) * fr(1 - y)),
  tanhGrad: (dy, y) => fr(dy * fr(1 - fr(y * y))),
};

test.each(Object.keys(exactUnary))('%s is bit for bit its formula, at any length', (name) => {
  for (let n = 0; n <= 35; ++n) {
    for (const from of [0, 20, 40]) {
      arena.reset();
      const a = arena.put(VALUES.slice(from, from + n));
      const out = arena.room(n);
      unary[name]!(out.at, a.at, n);
      arena.check();
      expectSameBits(out.f32, Array.from(a.f32, exactUnary[name]!));
    }
  }
});

test.each(Object.keys(exactZip))('%s is bit for bit its formula, at any length', (name) => {
  for (let n = 0; n <= 35; ++n) {
    arena.reset();
    const dy = arena.put(randomFloats(n, n));
    const y = arena.put(VALUES.slice(n, n + n));
    const out = arena.room(n);
    zips[name]!(out.at, dy.at, y.at, n);
    arena.check();
    expectSameBits(
      out.f32,
      Array.from(y.f32, (x, i) => exactZip[name]!(dy.f32[i]!, x)),
    );
  }
});

test.each(Object.keys(unary))('%s gives an element the same bits in any position', (name) => {
  arena.reset();
  const a = arena.put(VALUES);
  const alone = arena.room(VALUES.length);
  for (let i = 0; i < VALUES.length; ++i) unary[name]!(alone.at + 4 * i, a.at + 4 * i, 1);
  for (let first = 0; first < 9; ++first) {
    for (let n = 1; n <= 35; ++n) {
      const out = arena.room(n);
      unary[name]!(out.at, a.at + 4 * first, n);
      expectSameBits(out.f32, alone.f32.slice(first, first + n));
    }
  }
  arena.check();
});

test.each(Object.keys(zips))('%s gives an element the same bits in any position', (name) => {
  arena.reset();
  const a = arena.put(randomFloats(VALUES.length, 3));
  const b = arena.put(VALUES);
  const alone = arena.room(VALUES.length);
  for (let i = 0; i < VALUES.length; ++i) {
    zips[name]!(alone.at + 4 * i, a.at + 4 * i, b.at + 4 * i, 1);
  }
  for (let first = 0; first < 9; ++first) {
    for (let n = 1; n <= 35; ++n) {
      const out = arena.room(n);
      zips[name]!(out.at, a.at + 4 * first, b.at + 4 * first, n);
      expectSameBits(out.f32, alone.f32.slice(first, first + n));
    }
  }
  arena.check();
});

test.each(Object.keys(unary))('%s may write over its input', (name) => {
  arena.reset();
  const a = arena.put(VALUES);
  const out = arena.room(VALUES.length);
  unary[name]!(out.at, a.at, VALUES.length);
  unary[name]!(a.at, a.at, VALUES.length);
  arena.check();
  expectSameBits(a.f32, out.f32);
});

test.each(Object.keys(unary).filter((name) => name !== 'step'))('%s keeps NaN', (name) => {
  arena.reset();
  const a = arena.put([Number.NaN, 1, Number.NaN]);
  unary[name]!(a.at, a.at, 3);
  expect(Array.from(a.f32, Number.isNaN)).toEqual([true, false, true]);
});

test('fill writes n values and no more', () => {
  for (let n = 0; n <= 35; ++n) {
    arena.reset();
    const out = arena.room(n);
    k.fill(out.at, n, 2.5);
    arena.check();
    expectSameBits(out.f32, Array(n).fill(2.5));
  }
});

test('addInto, scale and clipValue work in place, at any length', () => {
  for (let n = 0; n <= 35; ++n) {
    arena.reset();
    const source = VALUES.slice(n, 2 * n).map(fr);
    const other = randomFloats(n, n);
    const dst = arena.put(source);
    const src = arena.put(other);
    k.addInto(dst.at, src.at, n);
    arena.check();
    expectSameBits(
      dst.f32,
      source.map((x, i) => fr(x + other[i]!)),
    );
    const scaled = arena.put(source);
    k.scale(scaled.at, n, 0.1);
    arena.check();
    expectSameBits(
      scaled.f32,
      source.map((x) => fr(x * fr(0.1))),
    );
    const clipped = arena.put(source);
    k.clipValue(clipped.at, n, 1.5);
    arena.check();
    expectSameBits(
      clipped.f32,
      source.map((x) => Math.min(Math.max(x, -1.5), 1.5)),
    );
  }
});

test('bceWithLogits agrees with its formula in float64, and is finite for huge logits', () => {
  arena.reset();
  const x = arena.put([0, 2, 2, -0.5, 1e4, -1e4, -1e4, -60]);
  const t = arena.put([1, 1, 0, 0.25, 0, 1, 0, 0]);
  const out = arena.room(x.f32.length);
  k.bceWithLogits(out.at, x.at, t.at, x.f32.length);
  x.f32.forEach((logit, i) => {
    const loss = Math.max(logit, 0) - logit * t.f32[i]! + Math.log1p(Math.exp(-Math.abs(logit)));
    // 2 ulp for the logarithm (accuracy.mjs), and at most 1 for adding the linear part to it.
    expect(ulpDistance(out.f32[i]!, loss)).toBeLessThanOrEqual(3);
  });
});
