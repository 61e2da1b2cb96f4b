// The normal distribution function, and gelu and its derivative from it, on four floats.
// Worked in float64 (two pairs): x * Phi(x) cancels for negative x, and the derivative has a zero,
// so float32 inside would lose most digits there. The result is rounded to float32 once.

// @ts-ignore: decorator
@inline
function c2(x: f64): v128 {
  return f64x2.splat(x);
}

// @ts-ignore: decorator
@inline
function mulAdd(a: v128, b: v128, c: v128): v128 {
  return f64x2.add(f64x2.mul(a, b), c);
}

/** exp(x) for x in [-700, 0], relative error below 2^-33. */
// @ts-ignore: decorator
@inline
function exp2(x: v128): v128 {
  const k = f64x2.nearest(f64x2.mul(x, c2(1.4426950408889634)));
  const r = f64x2.sub(x, f64x2.mul(k, c2(0.6931471805599453)));
  let p = mulAdd(r, c2(0.00019919379877558204), c2(0.00139472249207988));
  p = mulAdd(r, p, c2(0.00833326263830132));
  p = mulAdd(r, p, c2(0.04166625375573935));
  p = mulAdd(r, p, c2(0.16666666867561367));
  p = mulAdd(r, p, c2(0.5000000082751141));
  const y = f64x2.add(mulAdd(f64x2.mul(r, r), p, r), c2(1));
  const n = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(k));
  return f64x2.mul(y, i64x2.shl(i64x2.add(n, i64x2.splat(1023)), 52));
}

/** x clamped to where Phi and x phi are 0 or 1 in float32 all the same; NaN stays NaN. */
// @ts-ignore: decorator
@inline
function clamped(x: v128): v128 {
  return f64x2.pmin(f64x2.pmax(x, c2(-14.6)), c2(14.6));
}

/**
 * Phi(x) for x in [-14.6, 14.6], given e = exp(-x^2/2): the upper tail is e w P(w), w = 1 / (1 + 0.22|x|),
 * with relative error below 2^-30, so Phi keeps its relative accuracy where it is small.
 */
// @ts-ignore: decorator
@inline
function normalCdf(x: v128, e: v128): v128 {
  const w = f64x2.div(c2(1), mulAdd(f64x2.abs(x), c2(0.22), c2(1)));
  let p = mulAdd(w, c2(0.021077941367095728), c2(-0.1075078159438405));
  p = mulAdd(w, p, c2(0.19109370681179585));
  p = mulAdd(w, p, c2(-0.15714119568768709));
  p = mulAdd(w, p, c2(0.14016797803738748));
  p = mulAdd(w, p, c2(0.006308103774212627));
  p = mulAdd(w, p, c2(0.07327752138844959));
  p = mulAdd(w, p, c2(0.07360827823258502));
  p = mulAdd(w, p, c2(0.0835712025009243));
  p = mulAdd(w, p, c2(0.08777804071783644));
  p = mulAdd(w, p, c2(0.08776623916388333));
  const tail = f64x2.mul(e, f64x2.mul(w, p));
  return v128.bitselect(tail, f64x2.sub(c2(1), tail), f64x2.lt(x, c2(0)));
}

// @ts-ignore: decorator
@inline
function gelu2(x: v128): v128 {
  const c = clamped(x);
  const e = exp2(f64x2.mul(f64x2.mul(c, c), c2(-0.5)));
  return f64x2.mul(f64x2.pmax(x, c2(-14.6)), normalCdf(c, e));
}

// @ts-ignore: decorator
@inline
function geluSlope2(x: v128): v128 {
  const c = clamped(x);
  const e = exp2(f64x2.mul(f64x2.mul(c, c), c2(-0.5)));
  return f64x2.add(normalCdf(c, e), f64x2.mul(c, f64x2.mul(e, c2(0.3989422804014327))));
}

// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
}

// @ts-ignore: decorator
@inline
function join(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(
    f32x4.demote_f64x2_zero(low),
    f32x4.demote_f64x2_zero(high),
    0, 1, 4, 5,
  );
}

/** x Phi(x) */
// @ts-ignore: decorator
@inline
export function gelu4(x: v128): v128 {
  return join(gelu2(f64x2.promote_low_f32x4(x)), gelu2(upper(x)));
}

/** Phi(x) + x phi(x) */
// @ts-ignore: decorator
@inline
export function geluSlope4(x: v128): v128 {
  return join(geluSlope2(f64x2.promote_low_f32x4(x)), geluSlope2(upper(x)));
}
