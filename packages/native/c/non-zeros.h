// Which of some bytes are not 0, as bits of a number.
#pragma once
#include "lanes.h"

/** One bit a byte of eight that is not 0. */
INLINE u64 nonZeros8(usize p) {
  u64 bytes;
  memcpy(&bytes, (const void *)p, 8);
  // The highest bit of each byte that is not 0, and those eight next to each other.
  const u64 low = 0x7f7f7f7f7f7f7f7f;
  const u64 tops = ((((bytes & low) + low) | bytes) & ~low) >> 7;
  return (tops * 0x0102040810204080) >> 56;
}

/** The same of 64. */
INLINE u64 nonZeros64(usize p) {
#if LANES == 16 && defined(__AVX512BW__)
  const __m512i bytes = _mm512_loadu_si512((const void *)p);
  return _mm512_test_epi8_mask(bytes, bytes);
#elif LANES == 8 && defined(__AVX2__)
  const __m256i low = _mm256_loadu_si256((const void *)p), high = _mm256_loadu_si256((const void *)(p + 32));
  const __m256i zero = _mm256_setzero_si256();
  const u32 lows = (u32)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, zero));
  const u32 highs = (u32)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, zero));
  return ~((u64)highs << 32 | lows);
#else
  u64 mask = 0;
  for (u32 i = 0; i < 64; i += 8) mask |= nonZeros8(p + i) << i;
  return mask;
#endif
}
