// What normalisation computes along a stretch: sums of products in the order of a row's sum, and a stretch that is
// moved, scaled and weighted. Addresses of weights may be 0: then they are 1, and biases 0.
#pragma once
#include "rows.h"

/** Stretches that are summed side by side: an addition takes several times as long as what it waits for. */
#define STRETCHES 4

/** What a sum is of, by elements of a and of b, weights, and a mean m. */
enum Term { ELEMENT, SQUARED_DISTANCE, MOMENT, WEIGHTED, WEIGHTED_MOMENT };

#define TERM(KIND, LOAD, A, B, WEIGHTS, M)                                  \
  ((KIND) == ELEMENT            ? LOAD(A)                                   \
   : (KIND) == SQUARED_DISTANCE ? (LOAD(A) - (M)) * (LOAD(A) - (M))         \
   : (KIND) == MOMENT           ? LOAD(A) * (LOAD(B) - (M))                 \
   : (KIND) == WEIGHTED         ? LOAD(A) * LOAD(WEIGHTS)                   \
                                : (LOAD(A) * LOAD(WEIGHTS)) * (LOAD(B) - (M)))

/**
 * The sums over `count` stretches of n elements, `stride` bytes apart in a and in b; weights are the same for all.
 *
 * kind and count (STRETCHES at most) are literals; means: of each stretch
 */
INLINE void sumSome(const enum Term kind, const i32 count, f32 *out, usize a, usize b, usize weights, const f32 *means,
                    usize stride, i32 n) {
  f32x8 s[STRETCHES];
#pragma GCC unroll 4
  for (i32 i = 0; i < count; i++) s[i] = (f32x8){};
  for (; n >= 8; n -= 8, a += 32, b += 32, weights += 32) {
#pragma GCC unroll 4
    for (i32 i = 0; i < count; i++) {
      const usize skipped = (usize)i * stride;
      s[i] = s[i] + TERM(kind, load8, a + skipped, b + skipped, weights, means[i]);
    }
  }
  const i32 r = n & 3;
  const usize rest = n >= 4 ? 16 : 0;
#define LOAD_REST(P) load4Zero((P) + rest, r)
#pragma GCC unroll 4
  for (i32 i = 0; i < count; i++) {
    const usize skipped = (usize)i * stride;
    f32x4 low, high;
    memcpy(&low, &s[i], 16);
    memcpy(&high, (const u8 *)&s[i] + 16, 16);
    if (n >= 4) low = low + TERM(kind, load4, a + skipped, b + skipped, weights, means[i]);
    if (r) high = high + firstLanes(TERM(kind, LOAD_REST, a + skipped, b + skipped, weights, means[i]), r);
    out[i] = sumLanes(low + high);
  }
#undef LOAD_REST
}

/** As sumSome, for a count that is no literal. */
INLINE void sumStretches(const enum Term kind, i32 count, f32 *out, usize a, usize b, usize weights, const f32 *means,
                         usize stride, i32 n) {
  if (count == STRETCHES) {
    sumSome(kind, STRETCHES, out, a, b, weights, means, stride, n);
    return;
  }
  for (; count > 0; --count, out++, means++, a += stride, b += stride) {
    sumSome(kind, 1, out, a, b, weights, means, 0, n);
  }
}

INLINE vf weightsAt(usize p, usize skipped, f32 otherwise, i32 r) {
  return p ? loadSome(p + skipped, r) : splat(otherwise);
}

INLINE f32 weightAt(usize p, i32 i, f32 otherwise) { return p ? load1(p + ((usize)i << 2)) : otherwise; }

/** An address some bytes further, or still none. */
INLINE usize further(usize p, usize bytes) { return p ? p + bytes : 0; }

INLINE f32 inverse1(f32 variance, f32 epsilon) { return 1 / sqrtf(variance + epsilon); }

/** (x - mean) * scale + shift over n elements. */
INLINE void scaleRow(usize out, usize x, i32 n, f32 mean, f32 scale, f32 shift) {
  const vf m = splat(mean), s = splat(scale), b = splat(shift);
  for (; n > 0; n -= LANES, x += WIDE, out += WIDE) storeSome(out, (loadSome(x, n) - m) * s + b, n);
}

/** (x - mean) * scale over n elements, each with a weight and a bias of its own. */
INLINE void affineRow(usize out, usize x, usize weight, usize bias, i32 n, f32 mean, f32 scale) {
  const vf m = splat(mean), s = splat(scale);
  for (usize i = 0; n > 0; n -= LANES, i += WIDE) {
    const vf normal = (loadSome(x + i, n) - m) * s;
    storeSome(out + i, normal * weightsAt(weight, i, 1, n) + weightsAt(bias, i, 0, n), n);
  }
}

INLINE vf gradAt(usize dy, usize x, vf weight, vf mean, vf shift, vf slope, vf scale, i32 r) {
  return ((loadSome(dy, r) * weight - shift) - (loadSome(x, r) - mean) * slope) * scale;
}

/** (dy * weight - shift - (x - mean) * slope) * scale over n elements. */
INLINE void gradRow(
    usize dx, usize dy, usize x, i32 n, f32 weight, f32 mean, f32 shift, f32 slope, f32 scale) {
  const vf w = splat(weight), m = splat(mean), m1 = splat(shift), k = splat(slope), s = splat(scale);
  for (usize i = 0; n > 0; n -= LANES, i += WIDE) storeSome(dx + i, gradAt(dy + i, x + i, w, m, m1, k, s, n), n);
}

/** As gradRow, each element with a weight of its own. */
INLINE void weightedGradRow(
    usize dx, usize dy, usize x, usize weight, i32 n, f32 mean, f32 shift, f32 slope, f32 scale) {
  const vf m = splat(mean), m1 = splat(shift), k = splat(slope), s = splat(scale);
  for (usize i = 0; n > 0; n -= LANES, i += WIDE) {
    storeSome(dx + i, gradAt(dy + i, x + i, weightsAt(weight, i, 1, n), m, m1, k, s, n), n);
  }
}
