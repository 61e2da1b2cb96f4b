// The optimizers' updates with PyTorch's semantics, and the average before them. Old state is read and
// new state written (the pointers may be the same); g is read only. Each returns 1 if every value it
// wrote is finite: x - x is +0 for a finite x and NaN otherwise, so or-ing it costs no branch.
// Scalars that depend on the step (bias corrections) are computed by the caller.
import { load4, nonFinite, store4 } from './lanes';

// @ts-ignore: decorator
@inline
function mul(a: v128, b: v128): v128 {
  return f32x4.mul(a, b);
}

/**
 * How a sum becomes a mean: dividing by a power of two is multiplying by its inverse, to the bit, and is
 * faster. Gives the inverse then, else 0.
 */
// @ts-ignore: decorator
@inline
function exactInverse(count: f32): f32 {
  return reinterpret<i32>(count) & 0x7fffff ? 0 : 1 / count;
}

/** sum / count; `inverse` as exactInverse gives it. */
// @ts-ignore: decorator
@inline
function mean(sum: v128, count: v128, inverse: v128, exact: bool): v128 {
  return exact ? mul(sum, inverse) : f32x4.div(sum, count);
}

/** The gradient's sum: what is at g, and what is `apart` bytes from it unless that is 0. */
// @ts-ignore: decorator
@inline
function total(g: usize, apart: usize, r: i32): v128 {
  const sum = load4(g, r);
  return apart ? f32x4.add(sum, load4(g + apart, r)) : sum;
}

/** g, or g + weightDecay * p. */
// @ts-ignore: decorator
@inline
function decayed(g: v128, p: v128, weightDecay: v128, decays: bool): v128 {
  return decays ? f32x4.add(g, mul(weightDecay, p)) : g;
}

// @ts-ignore: decorator
@inline
function isFinite(bad: v128): i32 {
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
function sgdAt(
  pOut: usize, p: usize, g: usize, apart: usize, c: v128, inverse: v128, exact: bool, lr: v128, wd: v128, decays: bool,
  r: i32,
): v128 {
  const p0 = load4(p, r);
  const p1 = f32x4.sub(p0, mul(lr, decayed(mean(total(g, apart, r), c, inverse, exact), p0, wd, decays)));
  store4(pOut, p1, r);
  return nonFinite(p1);
}

export function sgd(pOut: usize, p: usize, g: usize, more: usize, n: i32, count: f32, lr: f32, weightDecay: f32): i32 {
  const lr4 = f32x4.splat(lr);
  const wd = f32x4.splat(weightDecay);
  const decays = weightDecay != 0;
  const apart = more ? more - g : 0;
  const c = f32x4.splat(count);
  const inverse = f32x4.splat(exactInverse(count));
  const exact = exactInverse(count) != 0;
  let bad = f32x4.splat(0);
  const i = <usize>(n >> 2) << 4;
  for (let j: usize = 0; j < i; j += 16) {
    bad = v128.or(bad, sgdAt(pOut + j, p + j, g + j, apart, c, inverse, exact, lr4, wd, decays, 4));
  }
  if (n & 3) bad = v128.or(bad, sgdAt(pOut + i, p + i, g + i, apart, c, inverse, exact, lr4, wd, decays, n & 3));
  return isFinite(bad);
}

// @ts-ignore: decorator
@inline
function momentumAt(
  pOut: usize, vOut: usize, p: usize, v: usize, g: usize, apart: usize, c: v128, inverse: v128, exact: bool,
  lr: v128, mu: v128, gain: v128, wd: v128, decays: bool, nesterov: i32, first: i32, r: i32,
): v128 {
  const p0 = load4(p, r);
  const d = decayed(mean(total(g, apart, r), c, inverse, exact), p0, wd, decays);
  const v1 = first ? d : f32x4.add(mul(mu, load4(v, r)), mul(gain, d));
  const p1 = f32x4.sub(p0, mul(lr, nesterov ? f32x4.add(d, mul(mu, v1)) : v1));
  store4(vOut, v1, r);
  store4(pOut, p1, r);
  return v128.or(nonFinite(p1), nonFinite(v1));
}

export function momentum(
  pOut: usize, vOut: usize, p: usize, v: usize, g: usize, more: usize, n: i32, count: f32,
  lr: f32, momentum: f32, gain: f32, weightDecay: f32, nesterov: i32, first: i32,
): i32 {
  const lr4 = f32x4.splat(lr);
  const mu = f32x4.splat(momentum);
  const gain4 = f32x4.splat(gain);
  const wd = f32x4.splat(weightDecay);
  const decays = weightDecay != 0;
  const apart = more ? more - g : 0;
  const c = f32x4.splat(count);
  const inverse = f32x4.splat(exactInverse(count));
  const exact = exactInverse(count) != 0;
  let bad = f32x4.splat(0);
  for (let i = n; i > 0; i -= 4) {
    const r = i < 4 ? i : 4;
    bad = v128.or(
      bad,
      momentumAt(pOut, vOut, p, v, g, apart, c, inverse, exact, lr4, mu, gain4, wd, decays, nesterov, first, r),
    );
    pOut += 16;
    vOut += 16;
    p += 16;
    v += 16;
    g += 16;
  }
  return isFinite(bad);
}

// @ts-ignore: decorator
@inline
function adamAt(
  pOut: usize, mOut: usize, vOut: usize, p: usize, m: usize, v: usize, g: usize,
  apart: usize, c: v128, inverse: v128, exact: bool, stepSize: v128, beta1: v128, gain1: v128, beta2: v128, gain2: v128,
  scale2: v128, eps: v128, wd: v128, decay: v128, decays: bool, r: i32,
): v128 {
  const p0 = load4(p, r);
  const d = decayed(mean(total(g, apart, r), c, inverse, exact), p0, wd, decays);
  const m1 = f32x4.add(mul(beta1, load4(m, r)), mul(gain1, d));
  const v1 = f32x4.add(mul(beta2, load4(v, r)), mul(mul(gain2, d), d));
  const denominator = f32x4.add(mul(f32x4.sqrt(v1), scale2), eps);
  const p1 = f32x4.sub(mul(p0, decay), f32x4.div(mul(stepSize, m1), denominator));
  store4(mOut, m1, r);
  store4(vOut, v1, r);
  store4(pOut, p1, r);
  // A mean that is not finite shows in the parameter: it is divided by something finite, or gives NaN.
  return v128.or(nonFinite(p1), nonFinite(v1));
}

/** `exact` is a literal, so that each use is a loop of its own: as a choice, both ways would be computed. */
// @ts-ignore: decorator
@inline
function adamLoop(
  pOut: usize, mOut: usize, vOut: usize, p: usize, m: usize, v: usize, g: usize, more: usize, n: i32,
  count: f32, exact: bool, stepSize: f32, beta1: f32, oneMinusBeta1: f32, beta2: f32,
  oneMinusBeta2: f32, scale2: f32, eps: f32, weightDecay: f32, decay: f32, decays: bool,
): i32 {
  const apart = more ? more - g : 0;
  const c = f32x4.splat(count);
  const inverse = f32x4.splat(exactInverse(count));
  const s = f32x4.splat(stepSize);
  const b1 = f32x4.splat(beta1);
  const g1 = f32x4.splat(oneMinusBeta1);
  const b2 = f32x4.splat(beta2);
  const g2 = f32x4.splat(oneMinusBeta2);
  const q = f32x4.splat(scale2);
  const e = f32x4.splat(eps);
  const wd = f32x4.splat(weightDecay);
  const keep = f32x4.splat(decay);
  let bad = f32x4.splat(0);
  const body = <usize>(n >> 2) << 4;
  for (let i: usize = 0; i < body; i += 16) {
    bad = v128.or(
      bad,
      adamAt(
        pOut + i, mOut + i, vOut + i, p + i, m + i, v + i, g + i,
        apart, c, inverse, exact, s, b1, g1, b2, g2, q, e, wd, keep, decays, 4,
      ),
    );
  }
  if (n & 3) {
    bad = v128.or(
      bad,
      adamAt(
        pOut + body, mOut + body, vOut + body, p + body, m + body, v + body, g + body,
        apart, c, inverse, exact, s, b1, g1, b2, g2, q, e, wd, keep, decays, n & 3,
      ),
    );
  }
  return isFinite(bad);
}

export function adam(
  pOut: usize, mOut: usize, vOut: usize, p: usize, m: usize, v: usize, g: usize, more: usize, n: i32,
  count: f32, stepSize: f32, beta1: f32, oneMinusBeta1: f32, beta2: f32, oneMinusBeta2: f32,
  scale2: f32, eps: f32, weightDecay: f32, decay: f32,
): i32 {
  if (exactInverse(count) == 0) {
    return adamLoop(
      pOut, mOut, vOut, p, m, v, g, more, n, count, false, stepSize, beta1, oneMinusBeta1, beta2,
      oneMinusBeta2, scale2, eps, weightDecay, decay, weightDecay != 0,
    );
  }
  if (weightDecay != 0) {
    return adamLoop(
      pOut, mOut, vOut, p, m, v, g, more, n, count, true, stepSize, beta1, oneMinusBeta1, beta2,
      oneMinusBeta2, scale2, eps, weightDecay, decay, true,
    );
  }
  return adamLoop(
    pOut, mOut, vOut, p, m, v, g, more, n, count, true, stepSize, beta1, oneMinusBeta1, beta2,
    oneMinusBeta2, scale2, eps, weightDecay, decay, false,
  );
}

/** s = alpha s + (1 - alpha) g^2, stored. */
// @ts-ignore: decorator
@inline
function meanSquareAt(sOut: usize, s: usize, d: v128, alpha: v128, gain: v128, r: i32): v128 {
  const s1 = f32x4.add(mul(alpha, load4(s, r)), mul(mul(gain, d), d));
  store4(sOut, s1, r);
  return s1;
}

export function rmsprop(
  pOut: usize, sOut: usize, p: usize, s: usize, g: usize, more: usize, n: i32, count: f32,
  lr: f32, alpha: f32, oneMinusAlpha: f32, eps: f32, weightDecay: f32,
): i32 {
  const lr4 = f32x4.splat(lr);
  const alpha4 = f32x4.splat(alpha);
  const gain = f32x4.splat(oneMinusAlpha);
  const e = f32x4.splat(eps);
  const wd = f32x4.splat(weightDecay);
  const decays = weightDecay != 0;
  const apart = more ? more - g : 0;
  const c = f32x4.splat(count);
  const inverse = f32x4.splat(exactInverse(count));
  const exact = exactInverse(count) != 0;
  let bad = f32x4.splat(0);
  for (let i = n; i > 0; i -= 4) {
    const r = i < 4 ? i : 4;
    const p0 = load4(p, r);
    const d = decayed(mean(total(g, apart, r), c, inverse, exact), p0, wd, decays);
    const s1 = meanSquareAt(sOut, s, d, alpha4, gain, r);
    const p1 = f32x4.sub(p0, f32x4.div(mul(lr4, d), f32x4.add(f32x4.sqrt(s1), e)));
    store4(pOut, p1, r);
    bad = v128.or(bad, v128.or(nonFinite(p1), nonFinite(s1)));
    pOut += 16;
    sOut += 16;
    p += 16;
    s += 16;
    g += 16;
  }
  return isFinite(bad);
}

export function rmspropMomentum(
  pOut: usize, sOut: usize, bOut: usize, p: usize, s: usize, b: usize, g: usize, more: usize, n: i32,
  count: f32,   lr: f32, alpha: f32, oneMinusAlpha: f32, eps: f32, weightDecay: f32, momentum: f32,
): i32 {
  const lr4 = f32x4.splat(lr);
  const alpha4 = f32x4.splat(alpha);
  const gain = f32x4.splat(oneMinusAlpha);
  const e = f32x4.splat(eps);
  const wd = f32x4.splat(weightDecay);
  const mu = f32x4.splat(momentum);
  const decays = weightDecay != 0;
  const apart = more ? more - g : 0;
  const c = f32x4.splat(count);
  const inverse = f32x4.splat(exactInverse(count));
  const exact = exactInverse(count) != 0;
  let bad = f32x4.splat(0);
  for (let i = n; i > 0; i -= 4) {
    const r = i < 4 ? i : 4;
    const p0 = load4(p, r);
    const d = decayed(mean(total(g, apart, r), c, inverse, exact), p0, wd, decays);
    const s1 = meanSquareAt(sOut, s, d, alpha4, gain, r);
    const b1 = f32x4.add(mul(mu, load4(b, r)), f32x4.div(d, f32x4.add(f32x4.sqrt(s1), e)));
    const p1 = f32x4.sub(p0, mul(lr4, b1));
    store4(bOut, b1, r);
    store4(pOut, p1, r);
    bad = v128.or(bad, v128.or(nonFinite(p1), v128.or(nonFinite(s1), nonFinite(b1))));
    pOut += 16;
    sOut += 16;
    bOut += 16;
    p += 16;
    s += 16;
    b += 16;
    g += 16;
  }
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
