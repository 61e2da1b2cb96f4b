// sin and cos on four floats, of every float: reduced by quarter turns and summed in float64 (two pairs), then rounded to
// float32 once. Series are Taylor's: |r| <= pi/4, so the first dropped terms are below 2^-37 of the sum.
// Angles from 2^20 on, which are rare, are reduced one by one in whole numbers.
// Method: Payne, Hanek, Radian Reduction for Trigonometric Functions (1983).

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

/** pi/2 in two parts: k times the first, which has 33 bits, is exact for |k| < 2^20. */
const HALF_PI_HIGH: f64 = 1.5707963267341256;
const HALF_PI_LOW: f64 = 6.077100506506192e-11;
const LARGE: f32 = 1048576;

/** sin(x + quarters pi/2) of a pair, given k = round(x 2/pi) and r = x - k pi/2. */
// @ts-ignore: decorator
@inline
function sinOf(r: v128, quarters: v128): v128 {
  const z = f64x2.mul(r, r);
  let s = mulAdd(z, c2(-2.505210838544172e-8), c2(2.7557319223985893e-6));
  s = mulAdd(z, s, c2(-0.0001984126984126984));
  s = mulAdd(z, s, c2(0.008333333333333333));
  s = mulAdd(z, s, c2(-0.16666666666666666));
  const sin = mulAdd(f64x2.mul(r, z), s, r);
  let c = mulAdd(z, c2(2.08767569878681e-9), c2(-2.755731922398589e-7));
  c = mulAdd(z, c, c2(2.48015873015873e-5));
  c = mulAdd(z, c, c2(-0.001388888888888889));
  c = mulAdd(z, c, c2(0.041666666666666664));
  c = mulAdd(z, c, c2(-0.5));
  const cos = mulAdd(z, c, c2(1));
  const odd = i64x2.neg(v128.and(quarters, i64x2.splat(1)));
  const sign = i64x2.shl(v128.and(quarters, i64x2.splat(2)), 62);
  return v128.xor(v128.bitselect(cos, sin, odd), sign);
}

/** 32 bits of 2/pi, from 31 bits before its binary point on. */
function word(i: i32): u64 {
  if (i == 1) return 0xa2f9836e;
  if (i == 2) return 0x4e441529;
  if (i == 3) return 0xfc2757d1;
  if (i == 4) return 0xf534ddc0;
  if (i == 5) return 0xdb629599;
  if (i == 6) return 0x3c439041;
  if (i == 7) return 0xfe5163ab;
  return 0;
}

/** x 2/pi modulo 4, in units of 2^-62, for a finite x >= 2^20. Bits of 2/pi that make multiples of 4 are left out. */
function largeAngle(x: f32): u64 {
  const bits = reinterpret<u32>(x);
  const mantissa = <u64>((bits & 0x7fffff) | 0x800000);
  // x = mantissa 2^e; the bit of weight 2^-(e - 1) is the first that matters.
  const e = <i32>(bits >> 23) - 150;
  const at = e + 30;
  const i = at >> 5, shift = <u64>(at & 31);
  const w0 = (((word(i) << 32) | word(i + 1)) << shift) >> 32;
  const w1 = (((word(i + 1) << 32) | word(i + 2)) << shift) >> 32;
  const w2 = (((word(i + 2) << 32) | word(i + 3)) << shift) >> 32;
  return ((mantissa * w0) << 32) + mantissa * w1 + ((mantissa * w2) >> 32);
}

function sinAt(x: v128, large: v128, phase: i64): v128 {
  const k = f64x2.nearest(f64x2.mul(x, c2(0.6366197723675814)));
  let r = f64x2.sub(f64x2.sub(x, f64x2.mul(k, c2(HALF_PI_HIGH))), f64x2.mul(k, c2(HALF_PI_LOW)));
  let quarters = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(k));
  if (v128.any_true(large)) {
    let reduced = r, turned = quarters;
    for (let lane = 0; lane < 2; ++lane) {
      const value = lane == 0 ? f64x2.extract_lane(x, 0) : f64x2.extract_lane(x, 1);
      if (!(abs(value) >= <f64>LARGE && abs(value) < Infinity)) continue;
      let turns = largeAngle(<f32>abs(value));
      let quarter = <i64>((turns + (<u64>1 << 61)) >> 62);
      let rest = <f64>(<i64>(turns - (<u64>quarter << 62))) * 3.4061215800865545e-19;
      if (value < 0) {
        rest = -rest;
        quarter = -quarter;
      }
      if (lane == 0) {
        reduced = f64x2.replace_lane(reduced, 0, rest);
        turned = i64x2.replace_lane(turned, 0, quarter);
      } else {
        reduced = f64x2.replace_lane(reduced, 1, rest);
        turned = i64x2.replace_lane(turned, 1, quarter);
      }
    }
    r = reduced;
    quarters = turned;
  }
  return sinOf(r, i64x2.add(quarters, i64x2.splat(phase)));
}

// @ts-ignore: decorator
@inline
function shifted4(x: v128, phase: i64): v128 {
  const large = f32x4.ge(f32x4.abs(x), f32x4.splat(LARGE));
  const low = sinAt(f64x2.promote_low_f32x4(x), large, phase);
  const high = sinAt(f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3)), large, phase);
  return v128.shuffle<f32>(
    f32x4.demote_f64x2_zero(low),
    f32x4.demote_f64x2_zero(high),
    0, 1, 4, 5,
  );
}

export function sin4(x: v128): v128 {
  return shifted4(x, 0);
}

export function cos4(x: v128): v128 {
  return shifted4(x, 1);
}
