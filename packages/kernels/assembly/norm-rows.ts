// What normalisation computes along a stretch: sums of products, and a stretch that is moved, scaled and weighted.
// Order of sums: element j goes to lane j mod 8 of two vectors, which are combined in one fixed way, as in sums of rows.
// Addresses of weights may be 0: then they are 1, and biases 0.
import { laneMask, load4, store4, sumLanes } from './lanes';

export class SquaredDistance { @inline of(a: usize, _b: usize, _c: usize, m: v128, r: i32): v128 {
  const d = f32x4.sub(load4(a, r), m);
  return f32x4.mul(d, d);
} }
export class Moment { @inline of(a: usize, b: usize, _c: usize, m: v128, r: i32): v128 {
  return f32x4.mul(load4(a, r), f32x4.sub(load4(b, r), m));
} }
export class Weighted { @inline of(a: usize, _b: usize, c: usize, _m: v128, r: i32): v128 {
  return f32x4.mul(load4(a, r), load4(c, r));
} }
export class WeightedMoment { @inline of(a: usize, b: usize, c: usize, m: v128, r: i32): v128 {
  return f32x4.mul(f32x4.mul(load4(a, r), load4(c, r)), f32x4.sub(load4(b, r), m));
} }

/** The sum of n terms, made of what lies at a, b and c. */
export function fold<F>(a: usize, b: usize, c: usize, mean: f32, n: i32): f32 {
  const term = changetype<F>(0);
  const m = f32x4.splat(mean);
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let i: usize = 0;
  for (; n >= 8; n -= 8) {
    s0 = f32x4.add(s0, term.of(a + i, b + i, c + i, m, 4));
    s1 = f32x4.add(s1, term.of(a + i + 16, b + i + 16, c + i + 16, m, 4));
    i += 32;
  }
  if (n >= 4) {
    s0 = f32x4.add(s0, term.of(a + i, b + i, c + i, m, 4));
    i += 16;
  }
  const r = n & 3;
  if (r) s1 = f32x4.add(s1, v128.and(term.of(a + i, b + i, c + i, m, r), laneMask(r)));
  return sumLanes(f32x4.add(s0, s1));
}

// @ts-ignore: decorator
@inline
export function weight4(p: usize, otherwise: f32, r: i32): v128 {
  return p ? load4(p, r) : f32x4.splat(otherwise);
}

// @ts-ignore: decorator
@inline
export function at(p: usize, i: i32, otherwise: f32): f32 {
  return p ? f32.load(p + (<usize>i << 2)) : otherwise;
}

/** An address some bytes further, or still none. */
// @ts-ignore: decorator
@inline
export function further(p: usize, bytes: usize): usize {
  return p ? p + bytes : 0;
}

// @ts-ignore: decorator
@inline
export function inverse1(variance: f32, epsilon: f32): f32 {
  return <f32>1 / sqrt<f32>(variance + epsilon);
}

// @ts-ignore: decorator
@inline
function scaled(out: usize, x: usize, m: v128, s: v128, b: v128, r: i32): void {
  store4(out, f32x4.add(f32x4.mul(f32x4.sub(load4(x, r), m), s), b), r);
}

/** (x - mean) * scale + shift over n elements. */
export function scaleRow(out: usize, x: usize, n: i32, mean: f32, scale: f32, shift: f32): void {
  const m = f32x4.splat(mean);
  const s = f32x4.splat(scale);
  const b = f32x4.splat(shift);
  for (; n >= 4; n -= 4) {
    scaled(out, x, m, s, b, 4);
    x += 16;
    out += 16;
  }
  if (n) scaled(out, x, m, s, b, n);
}

// @ts-ignore: decorator
@inline
function graded(dx: usize, dy: usize, x: usize, w: v128, m: v128, m1: v128, k: v128, s: v128, r: i32): void {
  const d = f32x4.sub(f32x4.mul(load4(dy, r), w), m1);
  store4(dx, f32x4.mul(f32x4.sub(d, f32x4.mul(f32x4.sub(load4(x, r), m), k)), s), r);
}

/** (dy * weight - shift - (x - mean) * slope) * scale over n elements. */
export function gradRow(
  dx: usize, dy: usize, x: usize, n: i32, weight: f32, mean: f32, shift: f32, slope: f32, scale: f32,
): void {
  const w = f32x4.splat(weight);
  const m = f32x4.splat(mean);
  const m1 = f32x4.splat(shift);
  const k = f32x4.splat(slope);
  const s = f32x4.splat(scale);
  for (; n >= 4; n -= 4) {
    graded(dx, dy, x, w, m, m1, k, s, 4);
    x += 16;
    dy += 16;
    dx += 16;
  }
  if (n) graded(dx, dy, x, w, m, m1, k, s, n);
}

// @ts-ignore: decorator
@inline
function affine(out: usize, x: usize, weight: usize, bias: usize, m: v128, s: v128, r: i32): void {
  const normal = f32x4.mul(f32x4.sub(load4(x, r), m), s);
  store4(out, f32x4.add(f32x4.mul(normal, weight4(weight, 1, r)), weight4(bias, 0, r)), r);
}

/** (x - mean) * scale over n elements, each with a weight and a bias of its own. */
export function affineRow(out: usize, x: usize, weight: usize, bias: usize, n: i32, mean: f32, scale: f32): void {
  const m = f32x4.splat(mean);
  const s = f32x4.splat(scale);
  let i: usize = 0;
  for (; n >= 4; n -= 4) {
    affine(out + i, x + i, further(weight, i), further(bias, i), m, s, 4);
    i += 16;
  }
  if (n) affine(out + i, x + i, further(weight, i), further(bias, i), m, s, n);
}

/** As gradRow, each element with a weight of its own. */
export function weightedGradRow(
  dx: usize, dy: usize, x: usize, weight: usize, n: i32, mean: f32, shift: f32, slope: f32, scale: f32,
): void {
  const m = f32x4.splat(mean);
  const m1 = f32x4.splat(shift);
  const k = f32x4.splat(slope);
  const s = f32x4.splat(scale);
  let i: usize = 0;
  for (; n >= 4; n -= 4) {
    graded(dx + i, dy + i, x + i, weight4(further(weight, i), 1, 4), m, m1, k, s, 4);
    i += 16;
  }
  if (n) graded(dx + i, dy + i, x + i, weight4(further(weight, i), 1, n), m, m1, k, s, n);
}
