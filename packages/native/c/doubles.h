// Float64 inside of functions of floats: a register has half as many doubles, so a vector of floats is two of them.
#pragma once
#include "lanes.h"

/** As many floats as there are lanes of doubles, as doubles. */
INLINE vd toDoubles(vhalf x) {
#if LANES == 16 && defined(__AVX512F__)
  return (vd)_mm512_cvtps_pd((__m256)x);
#elif LANES == 8 && defined(__AVX2__)
  return (vd)_mm256_cvtps_pd((__m128)x);
#else
  return __builtin_convertvector(x, vd);
#endif
}

/** Rounded to floats. */
INLINE vhalf fromDoubles(vd x) {
#if LANES == 16 && defined(__AVX512F__)
  return (vhalf)_mm512_cvtpd_ps((__m512d)x);
#elif LANES == 8 && defined(__AVX2__)
  return (vhalf)_mm256_cvtpd_ps((__m256d)x);
#else
  return __builtin_convertvector(x, vhalf);
#endif
}

/** The first half of the lanes, as doubles. */
INLINE vd lowDoubles(vf x) {
#if LANES == 16 && defined(__AVX512DQ__)
  return toDoubles((vhalf)_mm512_castps512_ps256((__m512)x));
#else
  vhalf half;
  memcpy(&half, &x, sizeof half);
  return toDoubles(half);
#endif
}

INLINE vd highDoubles(vf x) {
#if LANES == 16 && defined(__AVX512DQ__)
  return toDoubles((vhalf)_mm512_extractf32x8_ps((__m512)x, 1));
#else
  vhalf half;
  memcpy(&half, (const u8 *)&x + sizeof half, sizeof half);
  return toDoubles(half);
#endif
}

/** Both halves, rounded to floats; never by way of memory, where the whole would wait for both stores. */
INLINE vf roundHalves(vd low, vd high) {
  const vhalf a = fromDoubles(low), b = fromDoubles(high);
#if LANES == 16 && defined(__AVX512DQ__)
  return (vf)_mm512_insertf32x8(_mm512_castps256_ps512((__m256)a), (__m256)b, 1);
#elif LANES == 8 && defined(__AVX2__)
  return (vf)_mm256_insertf128_ps(_mm256_castps128_ps256((__m128)a), (__m128)b, 1);
#else
  const vhalf halves[2] = {a, b};
  vf x;
  memcpy(&x, halves, sizeof x);
  return x;
#endif
}

INLINE vd splat2(f64 x) { return x - (vd){}; }

INLINE vd mulAdd2(vd a, vd b, f64 c) { return a * b + splat2(c); }

/** Of each lane: mask ? a : b; a mask is all-ones or 0. */
INLINE vd select2(vl mask, vd a, vd b) {
#if LANES == 16 && defined(__AVX512DQ__)
  return (vd)_mm512_mask_blend_pd(_mm512_movepi64_mask((__m512i)mask), (__m512d)b, (__m512d)a);
#elif LANES == 8 && defined(__AVX2__)
  return (vd)_mm256_blendv_pd((__m256d)b, (__m256d)a, (__m256d)mask);
#else
  return (vd)((mask & (vl)a) | (~mask & (vl)b));
#endif
}

/** x, or low if x is less; NaN stays NaN. */
INLINE vd atLeast2(vd x, f64 low) {
#if LANES == 16 && defined(__AVX512F__)
  return (vd)_mm512_max_pd((__m512d)splat2(low), (__m512d)x);
#elif LANES == 8 && defined(__AVX2__)
  return (vd)_mm256_max_pd((__m256d)splat2(low), (__m256d)x);
#else
  return select2(x < splat2(low), splat2(low), x);
#endif
}

/** x, or high if x is greater; NaN stays NaN. */
INLINE vd atMost2(vd x, f64 high) {
#if LANES == 16 && defined(__AVX512F__)
  return (vd)_mm512_min_pd((__m512d)splat2(high), (__m512d)x);
#elif LANES == 8 && defined(__AVX2__)
  return (vd)_mm256_min_pd((__m256d)splat2(high), (__m256d)x);
#else
  return select2(splat2(high) < x, splat2(high), x);
#endif
}

INLINE vd vabs2(vd x) { return (vd)((vl)x & INT64_MAX); }

/** To the nearest whole number, ties to the even one. */
INLINE vd nearest2(vd x) {
#if LANES == 16 && defined(__AVX512F__)
  return (vd)_mm512_roundscale_pd((__m512d)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif LANES == 8 && defined(__AVX2__)
  return (vd)_mm256_round_pd((__m256d)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#else
  for (i32 i = 0; i < LANES / 2; i++) x[i] = rint(x[i]);
  return x;
#endif
}

/** 3 x 2^51: a double of this size has whole numbers in its last 51 bits. */
#define WHOLE_BITS 6755399441055744.0

/** Of a whole k, |k| < 2^50, the last 51 bits as an integer's; of other k any bits. */
INLINE vw wholeBits(vd k) { return (vw)(k + splat2(WHOLE_BITS)); }

/** The other way: integers, of which |k| < 2^50, as doubles. */
INLINE vd wholeDoubles(vl k) { return (vd)((vw)k + (vw)splat2(WHOLE_BITS)) - splat2(WHOLE_BITS); }

/** y 2^k, for a whole k that keeps it a normal number; NaN where y is, whatever k is then. */
INLINE vd timesPower2(vd y, vd k) { return y * (vd)((wholeBits(k) + 1023) << 52); }
