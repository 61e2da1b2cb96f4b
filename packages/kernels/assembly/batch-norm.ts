// Normalisation of each channel of [rows, channels, inner] over a shard, with the gradient through its mean and variance.
// Sums of stretches are added in float64 from row to row; where inner is 1, single values are, and lanes are channels.
import { load4, store4 } from './lanes';
import { at, fold, further, gradRow, inverse1, Moment, scaleRow, SquaredDistance, weight4 } from './norm-rows';
import { sumRow } from './reduce';

// @ts-ignore: decorator
@inline
function low(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

// @ts-ignore: decorator
@inline
function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
}

/** Two pairs of float64 divided by n, as four floats. */
// @ts-ignore: decorator
@inline
function quotients(a: v128, b: v128, n: f64): v128 {
  const by = f64x2.splat(n);
  const first = f32x4.demote_f64x2_zero(f64x2.div(a, by));
  const last = f32x4.demote_f64x2_zero(f64x2.div(b, by));
  return v128.shuffle<f32>(first, last, 0, 1, 4, 5);
}

// @ts-ignore: decorator
@inline
function meanOfColumns(out: usize, x: usize, rows: i32, stride: usize, r: i32): void {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let i = 0; i < rows; ++i) {
    const v = load4(x, r);
    a = f64x2.add(a, low(v));
    b = f64x2.add(b, high(v));
    x += stride;
  }
  store4(out, quotients(a, b, <f64>rows), r);
}

export function shardMean(out: usize, x: usize, rows: i32, channels: i32, inner: i32): void {
  const stride = <usize>(channels * inner) << 2;
  if (rows == 0 || inner == 0) {
    memory.fill(out, 0, <usize>channels << 2);
  } else if (inner == 1) {
    let c = channels;
    for (; c >= 4; c -= 4) {
      meanOfColumns(out, x, rows, stride, 4);
      out += 16;
      x += 16;
    }
    if (c) meanOfColumns(out, x, rows, stride, c);
  } else {
    for (let c = 0; c < channels; ++c) {
      let s: f64 = 0;
      for (let i = 0; i < rows; ++i) s += <f64>sumRow(x + <usize>i * stride, inner);
      f32.store(out, <f32>(s / (<f64>rows * <f64>inner)));
      out += 4;
      x += <usize>inner << 2;
    }
  }
}

// @ts-ignore: decorator
@inline
function varianceOfColumns(out: usize, x: usize, mean: usize, rows: i32, stride: usize, r: i32): void {
  const m = load4(mean, r);
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let i = 0; i < rows; ++i) {
    const d = f32x4.sub(load4(x, r), m);
    const square = f32x4.mul(d, d);
    a = f64x2.add(a, low(square));
    b = f64x2.add(b, high(square));
    x += stride;
  }
  store4(out, quotients(a, b, <f64>rows), r);
}

export function shardVariance(out: usize, x: usize, mean: usize, rows: i32, channels: i32, inner: i32): void {
  const stride = <usize>(channels * inner) << 2;
  if (rows == 0 || inner == 0) {
    memory.fill(out, 0, <usize>channels << 2);
  } else if (inner == 1) {
    let c = channels;
    for (; c >= 4; c -= 4) {
      varianceOfColumns(out, x, mean, rows, stride, 4);
      out += 16;
      x += 16;
      mean += 16;
    }
    if (c) varianceOfColumns(out, x, mean, rows, stride, c);
  } else {
    for (let c = 0; c < channels; ++c) {
      const m = f32.load(mean);
      let s: f64 = 0;
      for (let i = 0; i < rows; ++i) s += <f64>fold<SquaredDistance>(x + <usize>i * stride, 0, 0, m, inner);
      f32.store(out, <f32>(s / (<f64>rows * <f64>inner)));
      out += 4;
      mean += 4;
      x += <usize>inner << 2;
    }
  }
}

/** 1 / sqrt(variance + epsilon). */
// @ts-ignore: decorator
@inline
function inverse(variance: v128, epsilon: f32): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon))));
}

// @ts-ignore: decorator
@inline
function scaleColumns(
  out: usize, x: usize, mean: usize, variance: usize, weight: usize, bias: usize,
  rows: i32, stride: usize, epsilon: f32, r: i32,
): void {
  const m = load4(mean, r);
  const s = f32x4.mul(inverse(load4(variance, r), epsilon), weight4(weight, 1, r));
  const b = weight4(bias, 0, r);
  for (let i = 0; i < rows; ++i) {
    store4(out, f32x4.add(f32x4.mul(f32x4.sub(load4(x, r), m), s), b), r);
    x += stride;
    out += stride;
  }
}

export function batchNorm(
  out: usize, x: usize, mean: usize, variance: usize, weight: usize, bias: usize,
  rows: i32, channels: i32, inner: i32, epsilon: f32,
): void {
  const stride = <usize>(channels * inner) << 2;
  if (inner == 1) {
    let i: usize = 0;
    const body = <usize>(channels >> 2) << 4;
    const r = channels & 3;
    for (; i < body; i += 16) {
      scaleColumns(out + i, x + i, mean + i, variance + i, further(weight, i), further(bias, i), rows, stride, epsilon, 4);
    }
    if (r) scaleColumns(out + i, x + i, mean + i, variance + i, further(weight, i), further(bias, i), rows, stride, epsilon, r);
    return;
  }
  for (let i = 0; i < rows; ++i) {
    for (let c = 0; c < channels; ++c) {
      const scale = inverse1(at(variance, c, 0), epsilon) * at(weight, c, 1);
      scaleRow(out, x, inner, at(mean, c, 0), scale, at(bias, c, 0));
      out += <usize>inner << 2;
      x += <usize>inner << 2;
    }
  }
}

// @ts-ignore: decorator
@inline
function momentsOfColumns(
  out: usize, dy: usize, x: usize, mean: usize, variance: usize, channels: i32, rows: i32, epsilon: f32, r: i32,
): void {
  const m = load4(mean, r);
  const stride = <usize>channels << 2;
  let a = f64x2.splat(0), b = f64x2.splat(0), c = f64x2.splat(0), d = f64x2.splat(0);
  for (let i = 0; i < rows; ++i) {
    const g = load4(dy, r);
    const moment = f32x4.mul(g, f32x4.sub(load4(x, r), m));
    a = f64x2.add(a, low(g));
    b = f64x2.add(b, high(g));
    c = f64x2.add(c, low(moment));
    d = f64x2.add(d, high(moment));
    dy += stride;
    x += stride;
  }
  store4(out, quotients(a, b, 1), r);
  store4(out + stride, f32x4.mul(quotients(c, d, 1), inverse(load4(variance, r), epsilon)), r);
}

export function batchNormSums(
  out: usize, dy: usize, x: usize, mean: usize, variance: usize, rows: i32, channels: i32, inner: i32, epsilon: f32,
): void {
  if (inner == 1) {
    let i: usize = 0;
    const body = <usize>(channels >> 2) << 4;
    const r = channels & 3;
    for (; i < body; i += 16) {
      momentsOfColumns(out + i, dy + i, x + i, mean + i, variance + i, channels, rows, epsilon, 4);
    }
    if (r) momentsOfColumns(out + i, dy + i, x + i, mean + i, variance + i, channels, rows, epsilon, r);
    return;
  }
  const stride = <usize>(channels * inner) << 2;
  for (let c = 0; c < channels; ++c) {
    const m = at(mean, c, 0);
    let s: f64 = 0;
    let t: f64 = 0;
    for (let i = 0; i < rows; ++i) {
      const skipped = <usize>i * stride;
      s += <f64>sumRow(dy + skipped, inner);
      t += <f64>fold<Moment>(dy + skipped, x + skipped, 0, m, inner);
    }
    f32.store(out, <f32>s);
    f32.store(out + (<usize>channels << 2), <f32>t * inverse1(at(variance, c, 0), epsilon));
    out += 4;
    dy += <usize>inner << 2;
    x += <usize>inner << 2;
  }
}

// @ts-ignore: decorator
@inline
function gradColumns(
  dx: usize, dy: usize, x: usize, mean: usize, variance: usize, weight: usize, sums: usize,
  rows: i32, stride: usize, epsilon: f32, r: i32,
): void {
  const m = load4(mean, r);
  const inv = inverse(load4(variance, r), epsilon);
  const s = f32x4.mul(inv, weight4(weight, 1, r));
  const n = f32x4.splat(<f32>rows);
  const m1 = sums ? f32x4.div(load4(sums, r), n) : f32x4.splat(0);
  const k = sums ? f32x4.mul(f32x4.div(load4(sums + stride, r), n), inv) : f32x4.splat(0);
  for (let i = 0; i < rows; ++i) {
    const d = f32x4.sub(f32x4.sub(load4(dy, r), m1), f32x4.mul(f32x4.sub(load4(x, r), m), k));
    store4(dx, f32x4.mul(d, s), r);
    dx += stride;
    dy += stride;
    x += stride;
  }
}

export function batchNormGrad(
  dx: usize, dy: usize, x: usize, mean: usize, variance: usize, weight: usize, sums: usize,
  rows: i32, channels: i32, inner: i32, epsilon: f32,
): void {
  const stride = <usize>(channels * inner) << 2;
  if (inner == 1) {
    let i: usize = 0;
    const body = <usize>(channels >> 2) << 4;
    const r = channels & 3;
    for (; i < body; i += 16) {
      gradColumns(dx + i, dy + i, x + i, mean + i, variance + i, further(weight, i), further(sums, i), rows, stride, epsilon, 4);
    }
    if (r) gradColumns(dx + i, dy + i, x + i, mean + i, variance + i, further(weight, i), further(sums, i), rows, stride, epsilon, r);
    return;
  }
  const n = <f32>rows * <f32>inner;
  for (let i = 0; i < rows; ++i) {
    for (let c = 0; c < channels; ++c) {
      const inv = inverse1(at(variance, c, 0), epsilon);
      const m1 = sums ? at(sums, c, 0) / n : <f32>0;
      const k = sums ? at(sums, channels + c, 0) / n * inv : <f32>0;
      gradRow(dx, dy, x, inner, 1, at(mean, c, 0), m1, k, inv * at(weight, c, 1));
      dx += <usize>inner << 2;
      dy += <usize>inner << 2;
      x += <usize>inner << 2;
    }
  }
}
