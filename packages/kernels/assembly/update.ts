// What the optimizers' updates have in common, the mean of a gradient, and what is done to state between updates.
// Each optimizer is a file of its own: old state is read and new state written (the pointers may be the same); a
// state's vectors, parameters first, lie `stride` bytes apart; g is read only. Each returns 1 if every value it wrote
// is finite: x - x is +0 for a finite x and NaN otherwise, so or-ing it costs no branch.
// The caller computes the scalars of a step and writes them one after another into memory: float32, in the order of
// the fields of the kernel's class, which the build tells TypeScript by name.
import { load4, nonFinite, store4 } from './lanes';

// @ts-ignore: decorator
@inline
export function mul(a: v128, b: v128): v128 {
  return f32x4.mul(a, b);
}

/**
 * How a sum becomes a mean: dividing by a power of two is multiplying by its inverse, to the bit, and is
 * faster. Gives the inverse then, else 0.
 */
// @ts-ignore: decorator
@inline
export function exactInverse(count: f32): f32 {
  return reinterpret<i32>(count) & 0x7fffff ? 0 : 1 / count;
}

/** sum / count; `inverse` as exactInverse gives it. */
// @ts-ignore: decorator
@inline
export function mean(sum: v128, count: v128, inverse: v128, exact: bool): v128 {
  return exact ? mul(sum, inverse) : f32x4.div(sum, count);
}

/** The gradient's sum: what is at g, and what is `apart` bytes from it unless that is 0. */
// @ts-ignore: decorator
@inline
export function total(g: usize, apart: usize, r: i32): v128 {
  const sum = load4(g, r);
  return apart ? f32x4.add(sum, load4(g + apart, r)) : sum;
}

/** g, or g + weightDecay * p. */
// @ts-ignore: decorator
@inline
export function decayed(g: v128, p: v128, weightDecay: v128, decays: bool): v128 {
  return decays ? f32x4.add(g, mul(weightDecay, p)) : g;
}

// @ts-ignore: decorator
@inline
export function isFinite(bad: v128): i32 {
  return i32(!v128.any_true(bad));
}

// @ts-ignore: decorator
@inline
function averageAt(g: usize, count: v128, inverse: v128, exact: bool, r: i32): v128 {
  const x = mean(load4(g, r), count, inverse, exact);
  store4(g, x, r);
  return nonFinite(x);
}

export function average(g: usize, n: i32, count: f32): i32 {
  const c = f32x4.splat(count);
  const inverse = f32x4.splat(exactInverse(count));
  const exact = exactInverse(count) != 0;
  let bad = f32x4.splat(0);
  const body = <usize>(n >> 2) << 4;
  for (let i: usize = 0; i < body; i += 16) {
    bad = v128.or(bad, averageAt(g + i, c, inverse, exact, 4));
  }
  if (n & 3) bad = v128.or(bad, averageAt(g + body, c, inverse, exact, n & 3));
  return isFinite(bad);
}

// @ts-ignore: decorator
@inline
function flushAt(a: usize, r: i32): void {
  const x = load4(a, r);
  store4(a, v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(f32.MIN_NORMAL_VALUE))), r);
}

export function flushSubnormals(a: usize, n: i32): void {
  const body = <usize>(n >> 2) << 4;
  for (let i: usize = 0; i < body; i += 16) flushAt(a + i, 4);
  if (n & 3) flushAt(a + body, n & 3);
}
