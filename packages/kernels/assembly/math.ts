// exp, log, tanh, erf, sigmoid and log(1 + exp(-|x|)) on four floats, in IEEE add, mul and div only:
// the same bits on every engine. Polynomials are our own near-minimax fits (Lawson-weighted least
// squares in Chebyshev form); scripts/accuracy.mjs measures each function over all 2^32 floats.
// Not here: gelu, which needs float64 inside (normal.ts).

// @ts-ignore: decorator
@inline
function c4(x: f32): v128 {
  return f32x4.splat(x);
}

/** a * b + c, rounded twice. */
// @ts-ignore: decorator
@inline
function mulAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

/** exp(r) - 1 = r + r^2 P(r) for |r| <= ln(2)/2. */
// @ts-ignore: decorator
@inline
function smallExpm1(r: v128): v128 {
  let p = mulAdd(r, c4(0.0013951717410236597), c4(0.008369598537683487));
  p = mulAdd(r, p, c4(0.0416661873459816));
  p = mulAdd(r, p, c4(0.16666512191295624));
  p = mulAdd(r, p, c4(0.5));
  return mulAdd(f32x4.mul(r, r), p, r);
}

/** exp(x) - 1, which keeps its digits where it is small. */
// @ts-ignore: decorator
@inline
export function expm14(x: v128): v128 {
  const small = f32x4.lt(f32x4.abs(x), c4(0.34));
  return v128.bitselect(smallExpm1(x), f32x4.sub(exp4(x), c4(1)), small);
}

/**
 * exp(x) = 2^k exp(r), k = round(x / ln 2), |r| <= ln(2)/2 and exp(r) = 1 + r + r^2 P(r).
 * ln 2 is split so that k * high part is exact; 2^k is applied in two halves so that a subnormal
 * result is rounded once. Arguments are clamped to where the result is 0 or inf; NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const c = f32x4.pmin(f32x4.pmax(x, c4(-104)), c4(89));
  const k = f32x4.nearest(f32x4.mul(c, c4(1.4426950408889634)));
  const r = f32x4.sub(
    f32x4.sub(c, f32x4.mul(k, c4(0.693359375))),
    f32x4.mul(k, c4(-0.00021219444170128554)),
  );
  const y = f32x4.add(smallExpm1(r), c4(1));
  const n = i32x4.trunc_sat_f32x4_s(k);
  const half = i32x4.shr_s(n, 1);
  const bias = i32x4.splat(127);
  const scale1 = i32x4.shl(i32x4.add(half, bias), 23);
  const scale2 = i32x4.shl(i32x4.add(i32x4.sub(n, half), bias), 23);
  return f32x4.mul(f32x4.mul(y, scale1), scale2);
}

/**
 * log(x) = e ln 2 + log(1 + f), x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), and
 * log(1 + f) = f - f^2/2 + f^3 P(f). log(0) = -inf, log(inf) = inf, NaN below zero.
 */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const tiny = f32x4.lt(x, c4(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, c4(8388608)), x, tiny);
  const shifted = i32x4.add(scaled, i32x4.splat(0x3f800000 - 0x3f3504f3));
  const e = f32x4.convert_i32x4_s(
    i32x4.sub(
      i32x4.shr_s(shifted, 23),
      v128.bitselect(i32x4.splat(127 + 23), i32x4.splat(127), tiny),
    ),
  );
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x7fffff)), i32x4.splat(0x3f3504f3));
  const f = f32x4.sub(m, c4(1));
  const z = f32x4.mul(f, f);
  let p = mulAdd(f, c4(0.06746601313352585), c4(-0.11675640940666199));
  p = mulAdd(f, p, c4(0.11888174712657928));
  p = mulAdd(f, p, c4(-0.12405591458082199));
  p = mulAdd(f, p, c4(0.14219550788402557));
  p = mulAdd(f, p, c4(-0.1666799634695053));
  p = mulAdd(f, p, c4(0.2000211924314499));
  p = mulAdd(f, p, c4(-0.25000008940696716));
  p = mulAdd(f, p, c4(0.3333331346511841));
  let y = f32x4.mul(f32x4.mul(f, z), p);
  y = f32x4.add(y, f32x4.mul(e, c4(-0.00021219444170128554)));
  y = f32x4.sub(y, f32x4.mul(z, c4(0.5)));
  y = f32x4.add(f32x4.add(f, y), f32x4.mul(e, c4(0.693359375)));
  y = v128.bitselect(c4(Infinity), y, f32x4.eq(x, c4(Infinity)));
  y = v128.bitselect(c4(-Infinity), y, f32x4.eq(x, c4(0)));
  return v128.or(y, v128.not(f32x4.ge(x, c4(0))));
}

/** tanh(x) = x + x^3 P(x^2) below 0.625, 1 - 2 / (exp(2|x|) + 1) with x's sign above. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const t = f32x4.abs(x);
  const z = f32x4.mul(t, t);
  let p = mulAdd(z, c4(-0.005717036779969931), c4(0.020650578662753105));
  p = mulAdd(z, p, c4(-0.05374349653720856));
  p = mulAdd(z, p, c4(0.13331490755081177));
  p = mulAdd(z, p, c4(-0.3333328366279602));
  const small = mulAdd(f32x4.mul(t, z), p, t);
  const e = exp4(f32x4.add(t, t));
  const large = f32x4.sub(c4(1), f32x4.div(c4(2), f32x4.add(e, c4(1))));
  const y = v128.bitselect(small, large, f32x4.lt(t, c4(0.625)));
  return v128.or(y, v128.and(x, c4(-0.0)));
}

/**
 * erf(x) = x + x P(x^2) below 1; above, 1 - exp(-x^2) w Q(w), w = 1 / (1 + 0.7|x|), with x's sign
 * (1 from 4.1 on, where float32 has nothing between).
 */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const t = f32x4.pmin(f32x4.abs(x), c4(4.1));
  const z = f32x4.mul(t, t);
  let p = mulAdd(z, c4(7.889119297033176e-5), c4(-0.0008020841050893068));
  p = mulAdd(z, p, c4(0.005189535208046436));
  p = mulAdd(z, p, c4(-0.026854444295167923));
  p = mulAdd(z, p, c4(0.11283600330352783));
  p = mulAdd(z, p, c4(-0.3761262595653534));
  p = mulAdd(z, p, c4(0.12837916612625122));
  const small = mulAdd(t, p, t);
  const w = f32x4.div(c4(1), mulAdd(t, c4(0.7), c4(1)));
  let q = mulAdd(w, c4(0.23460610210895538), c4(-0.6086382865905762));
  q = mulAdd(w, q, c4(0.34212082624435425));
  q = mulAdd(w, q, c4(0.23670782148838043));
  q = mulAdd(w, q, c4(0.4033079743385315));
  q = mulAdd(w, q, c4(0.39445972442626953));
  const tail = f32x4.mul(exp4(f32x4.neg(z)), f32x4.mul(w, q));
  const large = f32x4.sub(c4(1), tail);
  const y = v128.bitselect(small, large, f32x4.lt(t, c4(1)));
  return v128.or(y, v128.and(x, c4(-0.0)));
}

/** 1 / (1 + exp(-x)), from exp(-|x|) so that nothing overflows. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const top = v128.bitselect(e, c4(1), f32x4.lt(x, c4(0)));
  return f32x4.div(top, f32x4.add(c4(1), e));
}

/** log(1 + exp(-|x|)) = e + e^2 P(e), e = exp(-|x|) in [0, 1]: relative accuracy however small e is. */
// @ts-ignore: decorator
@inline
export function log1pExp4(x: v128): v128 {
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  let p = mulAdd(e, c4(0.002072918228805065), c4(-0.013631332665681839));
  p = mulAdd(e, p, c4(0.0419810488820076));
  p = mulAdd(e, p, c4(-0.0830736979842186));
  p = mulAdd(e, p, c4(0.12467096000909805));
  p = mulAdd(e, p, c4(-0.16129323840141296));
  p = mulAdd(e, p, c4(0.19897928833961487));
  p = mulAdd(e, p, c4(-0.24988578259944916));
  p = mulAdd(e, p, c4(0.33332690596580505));
  p = mulAdd(e, p, c4(-0.49999988079071045));
  return mulAdd(f32x4.mul(e, e), p, e);
}

/** exp of one number, by the same arithmetic. */
// @ts-ignore: decorator
@inline
export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}

/** log of one number, by the same arithmetic. */
// @ts-ignore: decorator
@inline
export function log1(x: f32): f32 {
  return f32x4.extract_lane(log4(f32x4.splat(x)), 0);
}
