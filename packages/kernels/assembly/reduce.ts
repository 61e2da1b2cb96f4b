// Sum and max over the middle of [outer, len, inner], and the gradient of max.
// Order: for inner > 1 each output element is folded sequentially along len; for inner == 1 element
// j goes to lane j mod 8 of two vectors, which are then combined in one fixed way. So the bits depend
// on len and on whether inner is 1, never on outer, inner or a position.
import { laneMask, load4, load4Zero, maxLanes, nonFinite, store4, sumLanes } from './lanes';

/** Sum of n floats. The pad of the last vector is +0. */
export function sumRow(a: usize, n: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let i = n;
  for (; i >= 8; i -= 8) {
    s0 = f32x4.add(s0, v128.load(a));
    s1 = f32x4.add(s1, v128.load(a, 16));
    a += 32;
  }
  if (i >= 4) {
    s0 = f32x4.add(s0, v128.load(a));
    a += 16;
  }
  if (i & 3) s1 = f32x4.add(s1, load4Zero(a, i & 3));
  return sumLanes(f32x4.add(s0, s1));
}

/** Maximum of n floats; NaN if any is NaN, -inf if there are none. */
export function maxRow(a: usize, n: i32): f32 {
  let m = f32x4.splat(-Infinity);
  let i = n;
  for (; i >= 4; i -= 4) {
    m = f32x4.max(m, v128.load(a));
    a += 16;
  }
  if (i) m = f32x4.max(m, load4(a, i));
  return maxLanes(m);
}

class Sum { @inline of(s: v128, x: v128): v128 { return f32x4.add(s, x); } }
class Max { @inline of(s: v128, x: v128): v128 { return f32x4.max(s, x); } }

// @ts-ignore: decorator
@inline
function column<OP>(out: usize, a: usize, len: i32, stride: usize, start: v128, r: i32): void {
  let s = start;
  for (let j = 0; j < len; ++j) {
    s = changetype<OP>(0).of(s, load4(a, r));
    a += stride;
  }
  store4(out, s, r);
}

/** Folds [len, inner] to [inner], sixteen columns (a cache line) at a time, from `first`. */
function columns<OP>(out: usize, a: usize, len: i32, inner: i32, first: f32): void {
  const op = changetype<OP>(0);
  const stride = <usize>inner << 2;
  const start = f32x4.splat(first);
  let i = inner;
  for (; i >= 16; i -= 16) {
    let s0 = start, s1 = start, s2 = start, s3 = start;
    let p = a;
    for (let j = 0; j < len; ++j) {
      s0 = op.of(s0, v128.load(p));
      s1 = op.of(s1, v128.load(p, 16));
      s2 = op.of(s2, v128.load(p, 32));
      s3 = op.of(s3, v128.load(p, 48));
      p += stride;
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
    a += 64;
    out += 64;
  }
  for (; i >= 4; i -= 4) {
    column<OP>(out, a, len, stride, start, 4);
    a += 16;
    out += 16;
  }
  if (i) column<OP>(out, a, len, stride, start, i);
}

export function sum(out: usize, a: usize, outer: i32, len: i32, inner: i32): void {
  for (let o = 0; o < outer; ++o) {
    if (inner == 1) f32.store(out, sumRow(a, len));
    else columns<Sum>(out, a, len, inner, 0);
    out += <usize>inner << 2;
    a += <usize>(len * inner) << 2;
  }
}

export function max(out: usize, a: usize, outer: i32, len: i32, inner: i32): void {
  for (let o = 0; o < outer; ++o) {
    if (inner == 1) f32.store(out, maxRow(a, len));
    else columns<Max>(out, a, len, inner, -Infinity);
    out += <usize>inner << 2;
    a += <usize>(len * inner) << 2;
  }
}

/** maxGrad for one row: ties are counted exactly (below 2^24), so their order does not matter. */
function maxGradRow(out: usize, dy: f32, x: usize, y: f32, len: i32): void {
  const top = f32x4.splat(y);
  let ties = i32x4.splat(0);
  let i: usize = 0;
  const body = <usize>(len >> 2) << 4;
  const r = len & 3;
  for (; i < body; i += 16) ties = i32x4.sub(ties, f32x4.eq(v128.load(x + i), top));
  if (r) ties = i32x4.sub(ties, v128.and(f32x4.eq(load4(x + i, r), top), laneMask(r)));
  const count =
    i32x4.extract_lane(ties, 0) + i32x4.extract_lane(ties, 1) +
    i32x4.extract_lane(ties, 2) + i32x4.extract_lane(ties, 3);
  const share = f32x4.splat(dy / <f32>count);
  for (i = 0; i < body; i += 16) {
    v128.store(out + i, v128.and(share, f32x4.eq(v128.load(x + i), top)));
  }
  if (r) store4(out + i, v128.and(share, f32x4.eq(load4(x + i, r), top)), r);
}

// @ts-ignore: decorator
@inline
function maxGradColumn(out: usize, dy: usize, x: usize, y: usize, len: i32, stride: usize, r: i32): void {
  const top = load4(y, r);
  let ties = i32x4.splat(0);
  let p = x;
  for (let j = 0; j < len; ++j) {
    ties = i32x4.sub(ties, f32x4.eq(load4(p, r), top));
    p += stride;
  }
  const share = f32x4.div(load4(dy, r), f32x4.convert_i32x4_s(ties));
  for (let j = 0; j < len; ++j) {
    store4(out, v128.and(share, f32x4.eq(load4(x, r), top)), r);
    x += stride;
    out += stride;
  }
}

export function maxGrad(
  out: usize, dy: usize, x: usize, y: usize, outer: i32, len: i32, inner: i32,
): void {
  const stride = <usize>inner << 2;
  for (let o = 0; o < outer; ++o) {
    if (inner == 1) maxGradRow(out, f32.load(dy), x, f32.load(y), len);
    else {
      let i: usize = 0;
      const body = <usize>(inner >> 2) << 4;
      for (; i < body; i += 16) maxGradColumn(out + i, dy + i, x + i, y + i, len, stride, 4);
      if (inner & 3) maxGradColumn(out + i, dy + i, x + i, y + i, len, stride, inner & 3);
    }
    dy += stride;
    y += stride;
    x += <usize>len * stride;
    out += <usize>len * stride;
  }
}

/** Sum of squares in float64: lanes 0, 1 and 2, 3 of each vector go to one pair of sums each. */
export function sumSquares(g: usize, n: i32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  for (let i = n; i > 0; i -= 4) {
    const x = i >= 4 ? v128.load(g) : load4Zero(g, i);
    const low = f64x2.promote_low_f32x4(x);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
    s0 = f64x2.add(s0, f64x2.mul(low, low));
    s1 = f64x2.add(s1, f64x2.mul(high, high));
    g += 16;
  }
  const s = f64x2.add(s0, s1);
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}

export function allFinite(a: usize, n: i32): i32 {
  let bad = f32x4.splat(0);
  for (let i = n; i > 0; i -= 4) {
    bad = v128.or(bad, nonFinite(load4(a, i)));
    a += 16;
  }
  return i32(!v128.any_true(bad));
}
