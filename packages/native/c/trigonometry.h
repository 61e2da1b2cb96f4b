// sin and cos of every float, in float64 inside: the operations of kernels/assembly/trigonometry.ts one for one, where
// they are explained.
#pragma once
#include "doubles.h"

/** pi/2 in two parts: k times the first, which has 33 bits, is exact for |k| < 2^20. */
#define HALF_PI_HIGH 1.5707963267341256
#define HALF_PI_LOW 6.077100506506192e-11
#define LARGE_ANGLE 1048576.0f

/** sin(x + quarters pi/2), given r = x - k pi/2; of the quarters the last two bits count. */
INLINE vd sinOf2(vd r, vw quarters) {
  const vd z = r * r;
  vd s = mulAdd2(z, splat2(-2.505210838544172e-8), 2.7557319223985893e-6);
  s = mulAdd2(z, s, -0.0001984126984126984);
  s = mulAdd2(z, s, 0.008333333333333333);
  s = mulAdd2(z, s, -0.16666666666666666);
  const vd sin = (r * z) * s + r;
  vd c = mulAdd2(z, splat2(2.08767569878681e-9), -2.755731922398589e-7);
  c = mulAdd2(z, c, 2.48015873015873e-5);
  c = mulAdd2(z, c, -0.001388888888888889);
  c = mulAdd2(z, c, 0.041666666666666664);
  c = mulAdd2(z, c, -0.5);
  const vd cos = mulAdd2(z, c, 1);
  const vl odd = (vl)((vw){} - (quarters & 1));
  return (vd)((vw)select2(odd, cos, sin) ^ (quarters & 2) << 62);
}

/** 32 bits of 2/pi, from 31 bits before its binary point on. */
static const u32 twoOverPi[] = {0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab};

/** x 2/pi modulo 4, in units of 2^-62, for a finite x >= 2^20. Bits of 2/pi that make multiples of 4 are left out. */
INLINE u64 largeAngle(f32 x) {
  const u32 bits = (u32)floatToBits(x);
  const u64 mantissa = (bits & 0x7fffff) | 0x800000;
  // x = mantissa 2^e; the bit of weight 2^-(e - 1) is the first that matters.
  const i32 e = (i32)(bits >> 23) - 150, at = e + 30;
  const u32 *word = twoOverPi + (at >> 5);
  u64 three[3];
  for (i32 i = 0; i < 3; i++) three[i] = ((((u64)word[i] << 32) | word[i + 1]) << (at & 31)) >> 32;
  return ((mantissa * three[0]) << 32) + mantissa * three[1] + ((mantissa * three[2]) >> 32);
}

/** Angles from 2^20 on, which are rare, are reduced one by one in whole numbers. */
static __attribute__((noinline)) void reduceLarge(vd x, vd *r, vw *quarters) {
  for (i32 i = 0; i < LANES / 2; i++) {
    const f32 size = (f32)fabs(x[i]);
    if (!(size >= LARGE_ANGLE && size < INFINITY)) continue;
    const u64 turns = largeAngle(size), quarter = (turns + ((u64)1 << 61)) >> 62;
    const f64 rest = (f64)(i64)(turns - (quarter << 62)) * 3.4061215800865545e-19;
    (*r)[i] = x[i] < 0 ? -rest : rest;
    (*quarters)[i] = x[i] < 0 ? -quarter : quarter;
  }
}

/** sin(x + phase pi/2) */
INLINE vd sinAt2(vd x, i32 large, u64 phase) {
  const vd k = nearest2(x * splat2(0.6366197723675814));
  vd r = (x - k * splat2(HALF_PI_HIGH)) - k * splat2(HALF_PI_LOW);
  vw quarters = wholeBits(k);
  if (large) reduceLarge(x, &r, &quarters);
  return sinOf2(r, quarters + phase);
}

INLINE vf vsinAt(vf x, u64 phase) {
  const i32 large = anyTrue(vabs(x) >= splat(LARGE_ANGLE));
  return roundHalves(sinAt2(lowDoubles(x), large, phase), sinAt2(highDoubles(x), large, phase));
}

INLINE vf vsin(vf x) { return vsinAt(x, 0); }
INLINE vf vcos(vf x) { return vsinAt(x, 1); }
