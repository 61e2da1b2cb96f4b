// Vectors of 64-bit words, half as many as there are floats: what random numbers are made with.
#pragma once
#include "lanes.h"

/** Of each lane of 64 bits: its lower half times m, in full. */
INLINE vw mulWide(vw a, u32 m) {
#if LANES == 16 && defined(__AVX512F__)
  return (vw)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64((i64)m));
#elif LANES == 8 && defined(__AVX2__)
  return (vw)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x((i64)m));
#else
  return (a & UINT32_MAX) * m;
#endif
}

/** Of each lane of 64 bits: its halves in each other's place. */
INLINE vw swapHalves(vw a) {
#if LANES == 8 && defined(__AVX2__)
  return (vw)_mm256_shuffle_epi32((__m256i)a, 0xb1);
#else
  return (a << 32) | (a >> 32);
#endif
}

/** a0 b0 a2 b2 ..., of lanes of 64 bits. */
INLINE vw evenPairs(vw a, vw b) {
#if LANES == 16 && defined(__AVX512F__)
  return (vw)_mm512_unpacklo_epi64((__m512i)a, (__m512i)b);
#elif LANES == 8 && defined(__AVX2__)
  return (vw)_mm256_unpacklo_epi64((__m256i)a, (__m256i)b);
#else
  for (i32 i = 0; i < LANES / 2; i += 2) a[i + 1] = b[i];
  return a;
#endif
}

/** a1 b1 a3 b3 ... */
INLINE vw oddPairs(vw a, vw b) {
#if LANES == 16 && defined(__AVX512F__)
  return (vw)_mm512_unpackhi_epi64((__m512i)a, (__m512i)b);
#elif LANES == 8 && defined(__AVX2__)
  return (vw)_mm256_unpackhi_epi64((__m256i)a, (__m256i)b);
#else
  for (i32 i = 0; i < LANES / 2; i += 2) b[i] = a[i + 1];
  return b;
#endif
}
