import { describe, test } from 'vitest';
import { createArena } from './bits/arena.js';
import { CONVOLUTIONS, type Convolution, sizesOf } from './bits/cases/convolution.js';
import { randomFloats } from './bits/values.js';
import {
  convolveScratch,
  convolveTransposedScratch,
  convolveWeightsScratch,
} from './contract/convolution-scratch.js';
import { expectSameBits } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels } = arena;
const fr = Math.fround;

/** Calls with every (sample, y channel, its row and column, x channel, its row and column, weight) that belong together. */
function forEachProduct(
  { samples, c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups }: Convolution,
  visit: (y: number, x: number, weight: number) => void,
): void {
  const [cg, og] = [c / groups, o / groups];
  for (let n = 0; n < samples; n++)
    for (let oi = 0; oi < o; oi++)
      for (let i = 0; i < outH; i++)
        for (let j = 0; j < outW; j++)
          for (let ci = 0; ci < cg; ci++)
            for (let r = 0; r < kh; r++)
              for (let s = 0; s < kw; s++) {
                const row = i * sh + r * dh - top;
                const column = j * sw + s * dw - left;
                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                const channel = Math.floor(oi / og) * cg + ci;
                visit(
                  ((n * o + oi) * outH + i) * outW + j,
                  ((n * c + channel) * h + row) * w + column,
                  ((oi * cg + ci) * kh + r) * kw + s,
                );
              }
}

/** The pairs that an output element sums up, in the order that the contract says. */
function summed(
  length: number,
  terms: readonly { to: number; order: number; value: number }[],
): Float32Array {
  const out = new Float32Array(length);
  for (const { to, value } of [...terms].sort((a, b) => a.order - b.order)) {
    out[to] = out[to]! + value;
  }
  return out;
}

describe.each(CONVOLUTIONS.map((numbers) => [numbers.join(' '), sizesOf(numbers)] as const))(
  '%s',
  (_, of) => {
    const { samples, c, h, w, o, outH, outW, kh, kw, groups } = of;
    const given = [samples, c, h, w, o, outH, outW, kh, kw] as const;
    const rest = [of.sh, of.sw, of.top, of.left, of.dh, of.dw, groups] as const;
    const x = randomFloats(samples * c * h * w, 1);
    const y = randomFloats(samples * o * outH * outW, 2);
    const weight = randomFloats((o * c * kh * kw) / groups, 3);

    test('convolve gives the bits of the plain loops', () => {
      arena.reset();
      const [xs, ws] = [arena.put(x), arena.put(weight)];
      const bias = arena.put(randomFloats(o, 4));
      const scratch = arena.room(convolveScratch(of)).at;
      const [plain, biased] = [arena.room(y.length), arena.room(y.length)];
      kernels.convolve(plain.at, xs.at, ws.at, 0, scratch, ...given, ...rest);
      kernels.convolve(biased.at, xs.at, ws.at, bias.at, scratch, ...given, ...rest);
      arena.check();
      const terms: { to: number; order: number; value: number }[] = [];
      forEachProduct(of, (to, from, k) =>
        terms.push({ to, order: k, value: fr(x[from]! * weight[k]!) }),
      );
      const expected = summed(y.length, terms);
      expectSameBits(plain.f32, expected);
      const channel = (i: number): number => Math.floor(i / (outH * outW)) % o;
      expectSameBits(
        biased.f32,
        expected.map((value, i) => value + bias.f32[channel(i)]!),
      );
    });

    test('convolveTransposed gives the bits of the plain loops', () => {
      arena.reset();
      const [ys, ws] = [arena.put(y), arena.put(weight)];
      const bias = arena.put(randomFloats(c, 4));
      const scratch = arena.room(convolveTransposedScratch(of)).at;
      const [plain, biased] = [arena.room(x.length), arena.room(x.length)];
      kernels.convolveTransposed(plain.at, ys.at, ws.at, 0, scratch, ...given, ...rest);
      kernels.convolveTransposed(biased.at, ys.at, ws.at, bias.at, scratch, ...given, ...rest);
      arena.check();
      const terms: { to: number; order: number; value: number }[] = [];
      forEachProduct(of, (from, to, k) =>
        terms.push({ to, order: k, value: fr(y[from]! * weight[k]!) }),
      );
      const expected = summed(x.length, terms);
      expectSameBits(plain.f32, expected);
      const channel = (i: number): number => Math.floor(i / (h * w)) % c;
      expectSameBits(
        biased.f32,
        expected.map((value, i) => value + bias.f32[channel(i)]!),
      );
    });

    test('convolveWeights gives the bits of the plain loops', () => {
      arena.reset();
      const [xs, ys] = [arena.put(x), arena.put(y)];
      const scratch = arena.room(convolveWeightsScratch(of)).at;
      const out = arena.room(weight.length);
      kernels.convolveWeights(out.at, xs.at, ys.at, scratch, ...given, ...rest);
      arena.check();
      const terms: { to: number; order: number; value: number }[] = [];
      // y counts samples first, then channels, then positions: of one channel that is the order.
      forEachProduct(of, (order, from, to) =>
        terms.push({ to, order, value: fr(y[order]! * x[from]!) }),
      );
      expectSameBits(out.f32, summed(weight.length, terms));
    });
  },
);
