// Normalisation of each group of neighbouring channels of one row of [rows, groups, channels, inner]; with inner 1, of stretches of a
// row whose elements have weights of their own. What is noted of each group, its mean and 1 / sqrt(variance + epsilon), serves the
// gradients. Sums over rows are added one row after the other.
import { load4, store4 } from './lanes';
import {
  affineRow, at, fold, further, gradRow, inverse1, Moment, scaleRow, SquaredDistance, Weighted, weightedGradRow, WeightedMoment,
} from './norm-rows';
import { sumRow } from './reduce';

export function groupNorm(
  out: usize, stats: usize, x: usize, weight: usize, bias: usize,
  rows: i32, groups: i32, channels: i32, inner: i32, epsilon: f32, centred: i32,
): void {
  const n = channels * inner;
  for (let i = 0; i < rows; ++i) {
    for (let g = 0; g < groups; ++g) {
      const mean = centred ? sumRow(x, n) / <f32>n : <f32>0;
      const scale = inverse1(fold<SquaredDistance>(x, 0, 0, mean, n) / <f32>n, epsilon);
      f32.store(stats, mean);
      f32.store(stats, scale, 4);
      stats += 8;
      const first = <usize>(g * channels) << 2;
      if (inner == 1) {
        affineRow(out, x, further(weight, first), further(bias, first), n, mean, scale);
      } else {
        for (let c = 0; c < channels; ++c) {
          const skipped = <usize>(c * inner) << 2;
          const s = scale * at(weight, g * channels + c, 1);
          scaleRow(out + skipped, x + skipped, inner, mean, s, at(bias, g * channels + c, 0));
        }
      }
      out += <usize>n << 2;
      x += <usize>n << 2;
    }
  }
}

export function groupNormGrad(
  dx: usize, dy: usize, x: usize, stats: usize, weight: usize,
  rows: i32, groups: i32, channels: i32, inner: i32, centred: i32,
): void {
  const n = channels * inner;
  for (let i = 0; i < rows; ++i) {
    for (let g = 0; g < groups; ++g) {
      const mean = f32.load(stats);
      const scale = f32.load(stats, 4);
      const first = g * channels;
      const w = further(weight, <usize>first << 2);
      let s: f32 = 0;
      let t: f32 = 0;
      if (inner == 1) {
        if (centred) s = w ? fold<Weighted>(dy, 0, w, 0, n) : sumRow(dy, n);
        t = w ? fold<WeightedMoment>(dy, x, w, mean, n) : fold<Moment>(dy, x, 0, mean, n);
      } else {
        for (let c = 0; c < channels; ++c) {
          const skipped = <usize>(c * inner) << 2;
          const by = at(w, c, 1);
          if (centred) s += by * sumRow(dy + skipped, inner);
          t += by * fold<Moment>(dy + skipped, x + skipped, 0, mean, inner);
        }
      }
      const m1 = s / <f32>n;
      const k = t / <f32>n * scale * scale;
      if (inner == 1) {
        weightedGradRow(dx, dy, x, w, n, mean, m1, k, scale);
      } else {
        for (let c = 0; c < channels; ++c) {
          const skipped = <usize>(c * inner) << 2;
          gradRow(dx + skipped, dy + skipped, x + skipped, inner, at(w, c, 1), mean, m1, k, scale);
        }
      }
      stats += 8;
      dx += <usize>n << 2;
      dy += <usize>n << 2;
      x += <usize>n << 2;
    }
  }
}

// @ts-ignore: decorator
@inline
function addElement(biases: usize, weights: usize, dy: usize, x: usize, m: v128, s: v128, r: i32): void {
  const d = load4(dy, r);
  const normal = f32x4.mul(f32x4.sub(load4(x, r), m), s);
  store4(biases, f32x4.add(load4(biases, r), d), r);
  store4(weights, f32x4.add(load4(weights, r), f32x4.mul(d, normal)), r);
}

function addElements(biases: usize, weights: usize, dy: usize, x: usize, n: i32, mean: f32, scale: f32): void {
  const m = f32x4.splat(mean);
  const s = f32x4.splat(scale);
  let i: usize = 0;
  for (; n >= 4; n -= 4) {
    addElement(biases + i, weights + i, dy + i, x + i, m, s, 4);
    i += 16;
  }
  if (n) addElement(biases + i, weights + i, dy + i, x + i, m, s, n);
}

export function groupNormSums(
  out: usize, dy: usize, x: usize, stats: usize, rows: i32, groups: i32, channels: i32, inner: i32,
): void {
  const all = <usize>(groups * channels) << 2;
  memory.fill(out, 0, 2 * all);
  for (let i = 0; i < rows; ++i) {
    for (let g = 0; g < groups; ++g) {
      const mean = f32.load(stats);
      const scale = f32.load(stats, 4);
      stats += 8;
      const biases = out + (<usize>(g * channels) << 2);
      const weights = biases + all;
      if (inner == 1) {
        addElements(biases, weights, dy, x, channels, mean, scale);
      } else {
        for (let c = 0; c < channels; ++c) {
          const skipped = <usize>(c * inner) << 2;
          const place = <usize>c << 2;
          f32.store(biases + place, f32.load(biases + place) + sumRow(dy + skipped, inner));
          const moment = fold<Moment>(dy + skipped, x + skipped, 0, mean, inner);
          f32.store(weights + place, f32.load(weights + place) + scale * moment);
        }
      }
      dy += <usize>(channels * inner) << 2;
      x += <usize>(channels * inner) << 2;
    }
  }
}
