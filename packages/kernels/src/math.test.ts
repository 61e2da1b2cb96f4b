import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { erf, erfc, functions, geluSlope, measure } from '../scripts/ulp.mjs';
import { createArena } from './bits/arena.js';
import { EDGES } from './bits/values.js';
import { heapBase } from './index.js';
import { ulpDistance } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k, memory } = arena;

// Measured over all 2^32 floats by scripts/accuracy.mjs; written in contract/elementwise.ts and activations.ts.
const MAX_ULP: Record<string, number> = {
  exp: 1,
  log: 1,
  tanh: 1,
  erf: 2,
  sigmoid: 2,
  gelu: 1,
  sin: 1,
  cos: 1,
  cbrt: 1,
  power5: 1,
  inversePower: 1,
  expm1: 2,
  silu: 3,
  softplus: 2,
  log1pExp: 2,
};

test.each(Object.keys(functions))(
  '%s is as accurate as documented on every 9973rd float',
  (name) => {
    const [first, last] = functions[name]!.floats;
    const { maxUlp, worst } = measure(k, memory, heapBase, name, { first, last, stride: 9973 });
    expect(maxUlp, `at ${worst}`).toBeLessThanOrEqual(MAX_ULP[name]!);
  },
);

/** Where scripts/accuracy.mjs found the largest error of all floats, which a sample of them may miss. */
const WORST: Record<string, number> = {
  sin: 0.4748535454273224,
  cos: 0.6813756823539734,
  power5: 4.6566128730773926e-9,
  inversePower: 2.488584030514427e-22,
  expm1: -0.3400048315525055,
  silu: -1.867070198059082,
  softplus: 0.0000018179422340836027,
};

test.each(Object.entries(WORST))(
  '%s is as far off as documented at %s, and no further',
  (name, x) => {
    const [bits] = new Uint32Array(Float32Array.of(x).buffer);
    const { maxUlp } = measure(k, memory, heapBase, name, { first: bits!, last: bits!, stride: 1 });
    expect(maxUlp).toBe(MAX_ULP[name]);
  },
);

/** Where the bits of a float are in the range of those that a function is measured on. */
function isMeasured(x: number, [first, last]: readonly [number, number]): boolean {
  const [bits] = new Uint32Array(Float32Array.of(x).buffer);
  return bits! >= first && bits! <= last;
}

test.each(Object.keys(functions))('%s is right at the edges', (name) => {
  const { oracle, run, floats } = functions[name]!;
  const edges = EDGES.filter((x) => isMeasured(x, floats));
  arena.reset();
  const zeros = arena.put(new Float32Array(edges.length));
  const a = arena.put(edges);
  const out = arena.room(edges.length);
  run(k, out.at, a.at, edges.length, zeros.at);
  a.f32.forEach((x, i) => {
    expect(ulpDistance(out.f32[i]!, oracle(x)), `${name}(${x})`).toBeLessThanOrEqual(
      MAX_ULP[name]!,
    );
  });
});

test('exp overflows to inf and underflows through the subnormals to 0 where float32 does', () => {
  arena.reset();
  const a = arena.put([88.72283, 88.72284, -87.5, -103.97, -103.98]);
  const out = arena.room(5);
  k.exp(out.at, a.at, 5);
  expect(Number.isFinite(out.f32[0])).toBe(true);
  expect(out.f32[1]).toBe(Number.POSITIVE_INFINITY);
  expect(out.f32[2]).toBeGreaterThan(0);
  expect(out.f32[3]).toBe(Math.fround(1.4e-45));
  expect(out.f32[4]).toBe(0);
});

test('tanh, erf and sigmoid saturate exactly, and tanh and erf are odd', () => {
  arena.reset();
  const a = arena.put([1e4, -1e4, Infinity, -Infinity]);
  const out = arena.room(4);
  k.tanh(out.at, a.at, 4);
  expect([...out.f32]).toEqual([1, -1, 1, -1]);
  k.erf(out.at, a.at, 4);
  expect([...out.f32]).toEqual([1, -1, 1, -1]);
  k.sigmoid(out.at, a.at, 4);
  expect([...out.f32]).toEqual([1, 0, 1, 0]);
  k.gelu(out.at, a.at, 4);
  expect([...out.f32]).toEqual([1e4, -0, Infinity, -0]);
  for (const name of ['tanh', 'erf'] as const) {
    const x = arena.put(Array.from({ length: 4000 }, (_, i) => 1.01 ** (i / 2 - 1500)));
    const minusX = arena.put(x.f32.map((v) => -v));
    k[name](x.at, x.at, 4000);
    k[name](minusX.at, minusX.at, 4000);
    expect(x.f32.every((v, i) => Object.is(-v, minusX.f32[i]))).toBe(true);
  }
});

test("gelu's slope is within 2 ulp, or within 1e-9 near its zero at -0.7518", () => {
  const n = 65536;
  for (const [from, to] of [
    [-15, 15],
    [-0.76, -0.74],
  ] as const) {
    arena.reset();
    const x = arena.put(Float32Array.from({ length: n }, (_, i) => from + ((to - from) * i) / n));
    const ones = arena.put(new Float32Array(n).fill(1));
    const out = arena.room(n);
    k.geluGrad(out.at, ones.at, x.at, n);
    let maxUlp = 0;
    let maxError = 0;
    for (let i = 0; i < n; ++i) {
      const right = geluSlope(x.f32[i]!);
      if (Math.abs(x.f32[i]! + 0.7518) < 0.01) {
        maxError = Math.max(maxError, Math.abs(out.f32[i]! - right));
      } else maxUlp = Math.max(maxUlp, ulpDistance(out.f32[i]!, right));
    }
    expect(maxUlp).toBeLessThanOrEqual(2);
    // The polynomial for Phi is good to 2^-30; the terms there are about 0.23 each and cancel.
    expect(maxError).toBeLessThan(1e-9);
  }
});

test('the oracle of erf and erfc agrees with published values', () => {
  // Abramowitz, Stegun, Handbook of Mathematical Functions, table 7.1 (ten digits); erfc(5) and
  // erfc(10) from the same book's asymptotic table, to twelve digits.
  expect(erf(0.5)).toBeCloseTo(0.5204998778, 10);
  expect(erf(1)).toBeCloseTo(0.8427007929, 10);
  expect(erf(2)).toBeCloseTo(0.995322265, 10);
  expect(erfc(5) / 1.53745979442803e-12).toBeCloseTo(1, 12);
  expect(erfc(10) / 2.08848758376254e-45).toBeCloseTo(1, 12);
  // Both ways of computing it, where they meet.
  expect(erfc(1.4999999999) / erfc(1.5)).toBeCloseTo(1, 9);
});

// SHA-256 of each function's results on every 65521st float. Another engine or processor must give the
// same; a change of the arithmetic changes them on purpose, and with them every run's weights hash.
const GOLDEN: Record<string, string> = {
  exp: '206b3d6be9e9f4744610ce01b501f3264ec77c7741c7e229d391edf670d97cc6',
  log: '5ecebba4faf29ef10545532426fbd6462be9bb0b3eeba693aa83a76dfdbc6174',
  tanh: 'd62070086d60aea080f64a22c6b0ccf5dc40f996b8cd45eecb389b19d7d787a0',
  erf: 'a98a3cdfdb22de7695172ad0504e07d57a4765a316f4ca63dd63378f3acd0224',
  sigmoid: '776402a51a658f7a9fec08c743f048a699ab4a1ee593da62e62fc2966c300636',
  gelu: '3d9749ec8f89f8814762fa2609cadb3d58d5eb9605008c5d0ca0d81a6cf90375',
  geluGrad: '0117e71da4eed5d76a5a9ddc69234390c55b06d2c7bf509ac42e380eea83cce4',
  bceWithLogits: '677b1ef934f273535e6a8c32f10a8f1725da5565d75ecfe730eede740eb0ada3',
};

test.each(Object.keys(GOLDEN))('%s gives the recorded bits on every 65521st float', (name) => {
  const patterns = Uint32Array.from({ length: Math.floor(2 ** 32 / 65521) }, (_, i) => i * 65521);
  arena.reset();
  const x = arena.put(new Float32Array(patterns.length));
  x.u32.set(patterns);
  const other = arena.put(new Float32Array(patterns.length).fill(0.75));
  const out = arena.room(patterns.length);
  if (name === 'geluGrad') k.geluGrad(out.at, other.at, x.at, patterns.length);
  else if (name === 'bceWithLogits') k.bceWithLogits(out.at, x.at, other.at, patterns.length);
  else k[name as 'exp'](out.at, x.at, patterns.length);
  // The bits of a NaN are left open by WebAssembly.
  const bits = out.u32.map((word, i) => (Number.isNaN(out.f32[i]!) ? 0x7fc00000 : word));
  expect(createHash('sha256').update(bits).digest('hex')).toBe(GOLDEN[name]);
});
