// What all kernels are written with: numbers, addresses, and vectors of LANES floats, 8 or 16 (or 4, where a processor has no
// more). Lanes are independent outputs, so their number changes no bit. Where the order of a sum is part of the arithmetic, as
// in a row's sum, vectors have the fixed number of lanes that the order names (order.h), whatever LANES is.
// Invariant: mul and add stay apart (-ffp-contract=off; the build reads the machine code), subnormals are kept, and nothing
// outside the elements that were asked for is read or written.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "the arithmetic is that of IEEE 754: no -ffast-math, and no part of it"
#endif

// Of instructions with a mask, sanitizers do not see what they read and write: a build with them (scripts/sanitized.mjs)
// goes the way of processors that have none.
#if defined(__AVX2__) && !defined(FENCED)
#define MASKED
#endif

typedef float f32;
typedef double f64;
typedef int32_t i32;
typedef uint32_t u32;
typedef int64_t i64;
typedef uint64_t u64;
typedef uint8_t u8;
/** A byte address; 0 where the contract has 0 for nothing. */
typedef uintptr_t usize;

#define INLINE static inline __attribute__((always_inline))
/** A kernel: its name, parameters and their types are those of the contract, which the build compares. */
#define KERNEL(RESULT, NAME, ...) static __attribute__((noinline)) RESULT kernel_##NAME(__VA_ARGS__)

typedef f32 vf __attribute__((vector_size(4 * LANES)));
typedef i32 vi __attribute__((vector_size(4 * LANES)));
typedef u32 vu __attribute__((vector_size(4 * LANES)));
/** Half as many doubles. */
typedef f64 vd __attribute__((vector_size(4 * LANES)));
/** As many floats as those. */
typedef f32 vhalf __attribute__((vector_size(2 * LANES)));
typedef i64 vl __attribute__((vector_size(4 * LANES)));
typedef u64 vw __attribute__((vector_size(4 * LANES)));

/** Bytes of a vector. */
#define WIDE ((usize)(4 * LANES))

INLINE u8 loadByte(usize p) { return *(const u8 *)p; }

INLINE f32 load1(usize p) {
  f32 x;
  memcpy(&x, (const void *)p, 4);
  return x;
}

INLINE void store1(usize p, f32 x) { memcpy((void *)p, &x, 4); }

INLINE i32 loadInt(usize p) {
  i32 x;
  memcpy(&x, (const void *)p, 4);
  return x;
}

INLINE void storeInt(usize p, i32 x) { memcpy((void *)p, &x, 4); }

INLINE vf splat(f32 x) { return x - (vf){}; }

/** The float at p times each lane of x. */
INLINE vf times1(usize p, vf x) {
#if LANES == 16 && defined(__AVX512F__)
  // Spread by the load. An instruction that spreads it takes a multiplication's turn: on Zen 4 a product's tile then comes to
  // 0.7 of its rate, and compilers choose it.
  typedef const f32 __attribute__((may_alias)) Float;
  vf y;
  __asm__("vmulps %1%{1to16%}, %2, %0" : "=v"(y) : "m"(*(Float *)p), "v"(x));
  return y;
#else
  return splat(load1(p)) * x;
#endif
}

INLINE vi splatInt(i32 x) { return x - (vi){}; }

/** 0, 1, 2, ... */
INLINE vi lanes(void) {
  vi v;
  for (i32 i = 0; i < LANES; i++) v[i] = i;
  return v;
}

/** All-ones in the first r lanes. */
INLINE vi laneMask(i32 r) { return lanes() < splatInt(r); }

INLINE vf load(usize p) {
  vf v;
  memcpy(&v, (const void *)p, sizeof v);
  return v;
}

INLINE void store(usize p, vf v) { memcpy((void *)p, &v, sizeof v); }

/** r floats (1 to LANES - 1) at p; unused lanes are those of `rest`. */
INLINE vf loadPart(usize p, i32 r, vf rest) {
#if LANES == 16 && defined(MASKED)
  return (vf)_mm512_mask_loadu_ps((__m512)rest, (__mmask16)((1u << r) - 1), (const void *)p);
#elif LANES == 8 && defined(MASKED)
  const vi mask = laneMask(r);
  return (vf)_mm256_blendv_ps((__m256)rest, _mm256_maskload_ps((const f32 *)p, (__m256i)mask), (__m256)mask);
#else
  memcpy(&rest, (const void *)p, (size_t)(4 * r));
  return rest;
#endif
}

/** r floats (1 to LANES) at p; unused lanes repeat the first one, so that they raise no false NaN. */
INLINE vf loadSome(usize p, i32 r) { return r >= LANES ? load(p) : loadPart(p, r, splat(load1(p))); }

/** As loadSome, with unused lanes +0: for sums. */
INLINE vf loadZero(usize p, i32 r) { return r >= LANES ? load(p) : loadPart(p, r, splat(0)); }

/** Stores the first r lanes (1 to LANES) of v at p. */
INLINE void storeSome(usize p, vf v, i32 r) {
  if (r >= LANES) {
    store(p, v);
    return;
  }
#if LANES == 16 && defined(MASKED)
  _mm512_mask_storeu_ps((void *)p, (__mmask16)((1u << r) - 1), (__m512)v);
#elif LANES == 8 && defined(MASKED)
  _mm256_maskstore_ps((f32 *)p, (__m256i)laneMask(r), (__m256)v);
#else
  memcpy((void *)p, &v, (size_t)(4 * r));
#endif
}

/** Stores the lanes of v whose bits are set, the first of them at p and one behind the other. */
INLINE void storePacked(usize p, vf v, u32 bits) {
#if LANES == 16 && defined(MASKED)
  const __mmask16 some = (__mmask16)((1u << __builtin_popcount(bits)) - 1);
  _mm512_mask_storeu_ps((void *)p, some, _mm512_maskz_compress_ps((__mmask16)bits, (__m512)v));
#else
  for (i32 i = 0; i < LANES; i++) {
    if (!(bits >> i & 1)) continue;
    store1(p, v[i]);
    p += 4;
  }
#endif
}

/** The bits of all lanes. */
#define ALL_LANES ((1u << LANES) - 1)

/** A bit of each lane that is not 0, the first one's the lowest. */
INLINE u32 laneBits(vi mask) {
#if LANES == 16 && defined(MASKED)
  return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask);
#elif LANES == 8 && defined(MASKED)
  return (u32)_mm256_movemask_ps((__m256)mask);
#else
  u32 bits = 0;
  for (i32 i = 0; i < LANES; i++) bits |= (u32)(mask[i] != 0) << i;
  return bits;
#endif
}

/** Stores the lanes of v whose bits are set, each so many bytes from p. */
INLINE void storeApart(usize p, vf v, vi places, u32 bits) {
#if LANES == 16 && defined(MASKED)
  _mm512_mask_i32scatter_ps((void *)p, (__mmask16)bits, (__m512i)places, (__m512)v, 1);
#else
  for (i32 i = 0; i < LANES; i++) {
    if (bits >> i & 1) store1(p + (usize)places[i], v[i]);
  }
#endif
}

/** r floats (1 to LANES) at p, `stride` bytes apart; unused lanes repeat the first one. */
INLINE vf gatherSome(usize p, usize stride, i32 r) {
  vf v = splat(load1(p));
  for (i32 i = 1; i < r; i++) v[i] = load1(p + (usize)i * stride);
  return v;
}

/** Four floats each from `count` (at most LANES / 4) places, `stride` bytes apart; else the first ones once more. */
INLINE vf loadFours(usize p, usize stride, i32 count) {
#define FOUR(I) _mm_loadu_ps((const f32 *)((I) < count ? p + (I) * stride : p))
#if LANES == 16 && defined(__AVX512F__)
  const __m512 v = _mm512_insertf32x4(_mm512_castps128_ps512(FOUR(0)), FOUR(1), 1);
  return (vf)_mm512_insertf32x4(_mm512_insertf32x4(v, FOUR(2), 2), FOUR(3), 3);
#elif LANES == 8 && defined(__AVX2__)
  return (vf)_mm256_insertf128_ps(_mm256_castps128_ps256(FOUR(0)), FOUR(1), 1);
#else
  vf v;
  for (i32 i = 0; i < LANES / 4; i++) {
    memcpy((u8 *)&v + 16 * i, (const void *)(i < count ? p + (usize)i * stride : p), 16);
  }
  return v;
#endif
#undef FOUR
}

#if LANES == 16
/** Eight floats each from two places, `stride` bytes apart; by way of memory a wide load would wait for both stores. */
INLINE vf loadEights(usize p, usize stride) {
#if defined(__AVX512DQ__)
  const __m512 first = _mm512_castps256_ps512(_mm256_loadu_ps((const f32 *)p));
  return (vf)_mm512_insertf32x8(first, _mm256_loadu_ps((const f32 *)(p + stride)), 1);
#else
  vf v;
  memcpy(&v, (const void *)p, 32);
  memcpy((u8 *)&v + 32, (const void *)(p + stride), 32);
  return v;
#endif
}
#endif

/** Of each four lanes, four vectors as rows become four as columns: lane i of the j-th becomes lane j of the i-th. */
INLINE void transposeFours(vf v[4]) {
#if LANES == 16 && defined(__AVX512F__)
#define UNPACK(NAME, A, B) _mm512_unpack##NAME((A), (B))
  typedef __m512 wide;
  typedef __m512d wide2;
#elif LANES == 8 && defined(__AVX2__)
#define UNPACK(NAME, A, B) _mm256_unpack##NAME((A), (B))
  typedef __m256 wide;
  typedef __m256d wide2;
#endif
#ifdef UNPACK
  const wide a = (wide)v[0], b = (wide)v[1], c = (wide)v[2], d = (wide)v[3];
  const wide2 low01 = (wide2)UNPACK(lo_ps, a, b), high01 = (wide2)UNPACK(hi_ps, a, b);
  const wide2 low23 = (wide2)UNPACK(lo_ps, c, d), high23 = (wide2)UNPACK(hi_ps, c, d);
  v[0] = (vf)UNPACK(lo_pd, low01, low23);
  v[1] = (vf)UNPACK(hi_pd, low01, low23);
  v[2] = (vf)UNPACK(lo_pd, high01, high23);
  v[3] = (vf)UNPACK(hi_pd, high01, high23);
#undef UNPACK
#else
  const vf a = v[0], b = v[1], c = v[2], d = v[3];
  for (i32 i = 0; i < 4; i++) {
    for (i32 q = 0; q < LANES; q += 4) {
      v[i][q] = a[q + i];
      v[i][q + 1] = b[q + i];
      v[i][q + 2] = c[q + i];
      v[i][q + 3] = d[q + i];
    }
  }
#endif
}

/** Of each lane: mask ? a : b; a mask is all-ones or 0. */
INLINE vf pick(vi mask, vf a, vf b) {
#if LANES == 16 && defined(__AVX512DQ__)
  return (vf)_mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)mask), (__m512)b, (__m512)a);
#elif LANES == 8 && defined(__AVX2__)
  return (vf)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)mask);
#else
  return (vf)((mask & (vi)a) | (~mask & (vi)b));
#endif
}

INLINE vi selectInt(vi mask, vi a, vi b) { return (mask & a) | (~mask & b); }

/** x where the mask is all-ones, else +0. */
INLINE vf keep(vi mask, vf x) { return (vf)(mask & (vi)x); }

/** The bits of all that is not finite: +0 in every lane where x is finite, NaN elsewhere. Or-ed together it tells whether all are. */
INLINE vi nonFinite(vf x) { return (vi)(x - x); }

INLINE i32 anyTrue(vi v) {
#if LANES == 16 && defined(__AVX512F__)
  return _mm512_test_epi32_mask((__m512i)v, (__m512i)v) != 0;
#elif LANES == 8 && defined(__AVX2__)
  return !_mm256_testz_si256((__m256i)v, (__m256i)v);
#else
  i32 any = 0;
  for (i32 i = 0; i < LANES; i++) any |= v[i];
  return any != 0;
#endif
}

/** One bit a lane of a mask. */
INLINE u32 maskBits(vi mask) {
#if LANES == 16 && defined(__AVX512DQ__)
  return _mm512_movepi32_mask((__m512i)mask);
#elif LANES == 8 && defined(__AVX2__)
  return (u32)_mm256_movemask_ps((__m256)mask);
#else
  u32 bits = 0;
  for (i32 i = 0; i < LANES; i++) bits |= ((u32)mask[i] >> 31) << i;
  return bits;
#endif
}

/** b < a ? b : a */
INLINE vf pmin(vf a, vf b) {
#if LANES == 16 && defined(__AVX512F__)
  return (vf)_mm512_min_ps((__m512)b, (__m512)a);
#elif LANES == 8 && defined(__AVX2__)
  return (vf)_mm256_min_ps((__m256)b, (__m256)a);
#else
  return pick(b < a, b, a);
#endif
}

/** a < b ? b : a */
INLINE vf pmax(vf a, vf b) {
#if LANES == 16 && defined(__AVX512F__)
  return (vf)_mm512_max_ps((__m512)b, (__m512)a);
#elif LANES == 8 && defined(__AVX2__)
  return (vf)_mm256_max_ps((__m256)b, (__m256)a);
#else
  return pick(a < b, b, a);
#endif
}

/** The greater one; NaN if either is; +0 is greater than -0. */
INLINE vf max(vf a, vf b) {
  // Both ways round the same number, or both operands, if one is NaN: the bits of a NaN with others are one, too.
  const vf greater = (vf)((vi)pmax(a, b) | (vi)pmax(b, a));
  return pick(a == b, (vf)((vi)a & (vi)b), greater);
}

/** The greatest lane of v, where none is NaN; which zero, if it is one, is not said. */
INLINE f32 greatestLane(vf v) {
#if LANES == 16 && defined(__AVX512F__)
  return _mm512_reduce_max_ps((__m512)v);
#elif LANES == 8 && defined(__AVX2__)
  __m128 four = _mm_max_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
#else
  f32 top = v[0];
  for (i32 i = 1; i < LANES; i++) top = top < v[i] ? v[i] : top;
  return top;
#endif
}

/** The smaller one; NaN if either is; -0 is smaller than +0. */
INLINE vf min(vf a, vf b) { return (vf)((vi)pmin(a, b) | (vi)pmin(b, a)); }

/** max(x, 0); NaN stays NaN, -0 becomes +0. */
INLINE vf positive(vf x) { return pick(x <= splat(0), splat(0), x); }

INLINE vf vabs(vf x) { return (vf)((vi)x & 0x7fffffff); }

/** Square root, correctly rounded. */
INLINE vf vsqrt(vf x) {
#if LANES == 16 && defined(__AVX512F__)
  return (vf)_mm512_sqrt_ps((__m512)x);
#elif LANES == 8 && defined(__AVX2__)
  return (vf)_mm256_sqrt_ps((__m256)x);
#else
  for (i32 i = 0; i < LANES; i++) x[i] = sqrtf(x[i]);
  return x;
#endif
}

/** To the nearest whole number, ties to the even one. */
INLINE vf nearest(vf x) {
#if LANES == 16 && defined(__AVX512F__)
  return (vf)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif LANES == 8 && defined(__AVX2__)
  return (vf)_mm256_round_ps((__m256)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#else
  for (i32 i = 0; i < LANES; i++) x[i] = rintf(x[i]);
  return x;
#endif
}

/** y 2^k, rounded once, for y near 1 and a whole k from -254 to 254, as which n comes too; NaN where y is. */
INLINE vf timesPower(vf y, vf k, vi n) {
#if LANES == 16 && defined(__AVX512F__)
  (void)n;
  return (vf)_mm512_scalef_ps((__m512)y, (__m512)k);
#else
  (void)k;
  // In two steps, since 2^k itself may be no float; the first one is exact.
  const vi half = n >> 1;
  return (y * (vf)((vu)(half + 127) << 23)) * (vf)((vu)((n - half) + 127) << 23);
#endif
}

INLINE vf toFloats(vi x) { return __builtin_convertvector(x, vf); }

INLINE f32 bitsToFloat(i32 bits) {
  f32 x;
  memcpy(&x, &bits, 4);
  return x;
}

INLINE i32 floatToBits(f32 x) {
  i32 bits;
  memcpy(&bits, &x, 4);
  return bits;
}

/** max of two numbers, as of vectors. */
INLINE f32 max1(f32 a, f32 b) {
  const i32 greater = floatToBits(a < b ? b : a) | floatToBits(b < a ? a : b);
  return bitsToFloat(a == b ? floatToBits(a) & floatToBits(b) : greater);
}

INLINE i32 minInt(i32 a, i32 b) { return a < b ? a : b; }
INLINE i32 maxInt(i32 a, i32 b) { return a > b ? a : b; }
