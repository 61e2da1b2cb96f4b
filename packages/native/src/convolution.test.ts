import {
  type Backend,
  convolveScratch,
  convolveTransposedScratch,
  convolveWeightsScratch,
  wasm,
} from '@lockstep/kernels';
import { describe, expect, test } from 'vitest';
import { loadNative, nativeBackend } from './index.js';

const loaded = loadNative();

type Numbers = readonly [
  ...[number, number, number, number],
  ...[number, number, number, number, number],
];

/** c, h, w, o; kernel, stride, border, dilation; groups: each wide enough for whole tiles, and for what they leave. */
const SIZES: readonly Numbers[] = [
  [1, 28, 28, 6, 5, 1, 2, 1, 1],
  [6, 14, 14, 16, 5, 1, 0, 1, 1],
  [4, 12, 11, 10, 5, 1, 2, 1, 2],
  [16, 14, 7, 35, 3, 1, 1, 1, 1],
  [5, 28, 28, 9, 3, 2, 1, 1, 1],
  [3, 20, 23, 13, 3, 3, 1, 2, 1],
  [20, 9, 19, 20, 3, 1, 1, 1, 20],
  [21, 15, 15, 21, 2, 2, 0, 1, 21],
  [4, 9, 150, 44, 1, 1, 0, 1, 2],
  [33, 5, 5, 7, 1, 2, 0, 1, 1],
];
const SAMPLES = 2;

interface Place {
  readonly at: number;
  readonly floats: Float32Array;
}

/** What each kernel gives for the sizes, with NaN and infinities among x and y. lastWeight: an infinite one meets border. */
function outputs(
  backend: Backend,
  [c, h, w, o, k, s, p, d, groups]: Numbers,
  lastWeight: number,
): Float32Array[] {
  const length = (n: number): number => Math.floor((n + 2 * p - (k - 1) * d - 1) / s) + 1;
  const [outH, outW] = [length(h), length(w)];
  const window = { kh: k, kw: k, sh: s, sw: s, top: p, left: p, dh: d, dw: d };
  const of = { c, h, w, o, outH, outW, ...window, groups };
  const memory = backend.createMemory(8 << 20);
  const kernels = backend.kernels(memory);
  let next = 65536;
  const place = (n: number): Place => {
    const floats = new Float32Array(memory.buffer, next, n);
    const at = next;
    for (let i = 0; i < n; i++) floats[i] = ((i * 7919 + 12345) % 1009) / 500 - 1;
    next += 4 * n + 4;
    return { at, floats };
  };
  const x = place(SAMPLES * c * h * w);
  const y = place(SAMPLES * o * outH * outW);
  const weight = place((o * c * k * k) / groups);
  const [biasX, biasY] = [place(c), place(o)];
  x.floats[7] = Number.NaN;
  x.floats[x.floats.length - 1] = Number.POSITIVE_INFINITY;
  y.floats[y.floats.length - 2] = Number.NEGATIVE_INFINITY;
  weight.floats[weight.floats.length - 1] = lastWeight;
  const given = [SAMPLES, c, h, w, o, outH, outW, k, k] as const;
  const rest = [s, s, p, p, d, d, groups] as const;
  const outX = place(x.floats.length);
  const outY = place(y.floats.length);
  const outWeight = place(weight.floats.length);
  const scratch = [convolveScratch(of), convolveTransposedScratch(of), convolveWeightsScratch(of)];
  const free = place(Math.max(...scratch)).at;
  kernels.convolve(outY.at, x.at, weight.at, biasY.at, free, ...given, ...rest);
  kernels.convolveTransposed(outX.at, y.at, weight.at, biasX.at, free, ...given, ...rest);
  kernels.convolveWeights(outWeight.at, x.at, y.at, free, ...given, ...rest);
  return [outY, outX, outWeight].map(({ floats }) => floats);
}

/** Where there are other bits; NaNs are as good as each other. */
function differing(a: Float32Array, b: Float32Array): number[] {
  return [...a.keys()].filter((i) => !Object.is(a[i], b[i]));
}

describe.skipIf(!loaded.module)('the compiled convolutions', () => {
  const lanes = loaded.module?.lanes ?? [];

  describe.each(lanes)('of %i lanes', (width) => {
    test.each(SIZES.map((sizes) => [sizes.join(' '), sizes] as const))(
      '%s: give the bits of WebAssembly',
      (_, sizes) => {
        for (const lastWeight of [0.25, Number.POSITIVE_INFINITY]) {
          const expected = outputs(wasm, sizes, lastWeight);
          const given = outputs(nativeBackend(width), sizes, lastWeight);
          expect(given.map((floats, i) => differing(floats, expected[i]!))).toEqual([[], [], []]);
        }
      },
    );
  });
});
