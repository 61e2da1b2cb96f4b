// x^p on four floats for one p, in float64 inside (two pairs): exp(p log x), rounded to float32 once.
// log m = 2 atanh(s), s = (m - 1) / (m + 1); both series are Taylor's, their first dropped terms below 2^-40.

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

const LN2: f64 = 0.6931471805599453;

/** log(a) for a >= 0; what comes of NaN is of no matter. */
// @ts-ignore: decorator
@inline
function log2(a: v128): v128 {
  const e = i64x2.shr_s(i64x2.sub(a, i64x2.splat(0x3fe6a09e667f3bcd)), 52);
  const m = i64x2.sub(a, i64x2.shl(e, 52));
  const s = f64x2.div(f64x2.sub(m, c2(1)), f64x2.add(m, c2(1)));
  const z = f64x2.mul(s, s);
  let p = mulAdd(z, c2(2.0 / 17), c2(2.0 / 15));
  p = mulAdd(z, p, c2(2.0 / 13));
  p = mulAdd(z, p, c2(2.0 / 11));
  p = mulAdd(z, p, c2(2.0 / 9));
  p = mulAdd(z, p, c2(2.0 / 7));
  p = mulAdd(z, p, c2(2.0 / 5));
  p = mulAdd(z, p, c2(2.0 / 3));
  p = mulAdd(z, p, c2(2));
  const k = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(e, e, 0, 2, 0, 2));
  let y = mulAdd(k, c2(LN2), f64x2.mul(s, p));
  y = v128.bitselect(c2(-Infinity), y, f64x2.eq(a, c2(0)));
  return v128.bitselect(c2(Infinity), y, f64x2.eq(a, c2(Infinity)));
}

/** exp(y); below -200 and above 200 float32 has 0 and inf only. */
// @ts-ignore: decorator
@inline
function exp2(y: v128): v128 {
  const c = f64x2.pmin(f64x2.pmax(y, c2(-200)), c2(200));
  const k = f64x2.nearest(f64x2.mul(c, c2(1.4426950408889634)));
  const r = f64x2.sub(c, f64x2.mul(k, c2(LN2)));
  let p = mulAdd(r, c2(1.0 / 3628800), c2(1.0 / 362880));
  p = mulAdd(r, p, c2(1.0 / 40320));
  p = mulAdd(r, p, c2(1.0 / 5040));
  p = mulAdd(r, p, c2(1.0 / 720));
  p = mulAdd(r, p, c2(1.0 / 120));
  p = mulAdd(r, p, c2(1.0 / 24));
  p = mulAdd(r, p, c2(1.0 / 6));
  p = mulAdd(r, p, c2(0.5));
  p = mulAdd(r, p, c2(1));
  p = mulAdd(r, p, c2(1));
  const n = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(k));
  return f64x2.mul(p, i64x2.shl(i64x2.add(n, i64x2.splat(1023)), 52));
}

// @ts-ignore: decorator
@inline
function powerOf(a: v128, exponent: v128): v128 {
  return exp2(f64x2.mul(exponent, log2(a)));
}

/** x^p for a p other than 0, which is the same in every lane. */
export function pow4(x: v128, p: v128): v128 {
  const exponent = f64x2.promote_low_f32x4(p);
  const a = f32x4.abs(x);
  const size = v128.shuffle<f32>(
    f32x4.demote_f64x2_zero(powerOf(f64x2.promote_low_f32x4(a), exponent)),
    f32x4.demote_f64x2_zero(
      powerOf(f64x2.promote_low_f32x4(v128.shuffle<f32>(a, a, 2, 3, 2, 3)), exponent),
    ),
    0, 1, 4, 5,
  );
  const whole = f32x4.eq(f32x4.nearest(p), p);
  const half = f32x4.mul(p, f32x4.splat(0.5));
  const odd = v128.andnot(whole, f32x4.eq(f32x4.nearest(half), half));
  const signed = v128.xor(size, v128.and(v128.and(x, f32x4.splat(-0.0)), odd));
  // Of a negative number only whole powers exist, and of no number any: all ones are a NaN.
  const none = v128.or(v128.andnot(f32x4.lt(x, f32x4.splat(0)), whole), f32x4.ne(x, x));
  return v128.bitselect(f32x4.splat(NaN), signed, none);
}
