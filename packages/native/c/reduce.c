// Sum and max over the middle of [outer, len, inner], the gradient of max, and what a whole vector comes to.
// Columns are folded along len, as many at once as there are lanes; a row by itself in the order of rows.h.
#include "rows.h"

/** Vectors of columns that are folded together. */
#define STRIPE 4

/** Folds `vectors` vectors of columns, the last one of r lanes; vectors and isMax are literals. */
INLINE void foldStripe(const i32 vectors, const i32 isMax, usize out, usize a, i32 len, usize stride, i32 r) {
  vf s[STRIPE];
#pragma GCC unroll 4
  for (i32 v = 0; v < vectors; v++) s[v] = splat(isMax ? -INFINITY : 0);
  for (; len > 0; --len, a += stride) {
#pragma GCC unroll 4
    for (i32 v = 0; v < vectors; v++) {
      const vf x = loadSome(a + (usize)v * WIDE, v == vectors - 1 ? r : LANES);
      s[v] = isMax ? max(s[v], x) : s[v] + x;
    }
  }
#pragma GCC unroll 4
  for (i32 v = 0; v < vectors; v++) storeSome(out + (usize)v * WIDE, s[v], v == vectors - 1 ? r : LANES);
}

/** [len, inner] to [inner] */
INLINE void foldColumns(const i32 isMax, usize out, usize a, i32 len, i32 inner) {
  const usize stride = (usize)inner << 2;
  for (; inner >= STRIPE * LANES; inner -= STRIPE * LANES, a += STRIPE * WIDE, out += STRIPE * WIDE) {
    foldStripe(STRIPE, isMax, out, a, len, stride, LANES);
  }
  for (; inner >= LANES; inner -= LANES, a += WIDE, out += WIDE) foldStripe(1, isMax, out, a, len, stride, LANES);
  if (inner > 0) foldStripe(1, isMax, out, a, len, stride, inner);
}

KERNEL(void, sum, usize out, usize a, i32 outer, i32 len, i32 inner) {
  for (; outer > 0; --outer, out += (usize)inner << 2, a += (usize)len * (usize)inner << 2) {
    if (inner == 1) store1(out, sumRow(a, len));
    else foldColumns(0, out, a, len, inner);
  }
}

KERNEL(void, max, usize out, usize a, i32 outer, i32 len, i32 inner) {
  for (; outer > 0; --outer, out += (usize)inner << 2, a += (usize)len * (usize)inner << 2) {
    if (inner == 1) store1(out, maxRow(a, len));
    else foldColumns(1, out, a, len, inner);
  }
}

/** maxGrad for one row: ties are counted exactly, so their order does not matter. */
INLINE void maxGradRow(usize out, f32 dy, usize x, f32 y, i32 len) {
  const vf top = splat(y);
  vi ties = {};
  usize from = x;
  for (i32 n = len; n > 0; n -= LANES, from += WIDE) ties -= (loadSome(from, n) == top) & laneMask(n);
  i32 count = 0;
  for (i32 i = 0; i < LANES; i++) count += ties[i];
  const vf share = splat(dy / (f32)count);
  for (i32 n = len; n > 0; n -= LANES, x += WIDE, out += WIDE) storeSome(out, keep(loadSome(x, n) == top, share), n);
}

INLINE void maxGradColumn(usize out, usize dy, usize x, usize y, i32 len, usize stride, i32 r) {
  const vf top = loadSome(y, r);
  vi ties = {};
  usize from = x;
  for (i32 j = 0; j < len; j++, from += stride) ties -= loadSome(from, r) == top;
  const vf share = loadSome(dy, r) / toFloats(ties);
  for (i32 j = 0; j < len; j++, x += stride, out += stride) storeSome(out, keep(loadSome(x, r) == top, share), r);
}

KERNEL(void, maxGrad, usize out, usize dy, usize x, usize y, i32 outer, i32 len, i32 inner) {
  const usize stride = (usize)inner << 2;
  for (; outer > 0; --outer) {
    if (inner == 1) maxGradRow(out, load1(dy), x, load1(y), len);
    else {
      usize at = 0;
      for (i32 i = inner; i > 0; i -= LANES, at += WIDE) {
        maxGradColumn(out + at, dy + at, x + at, y + at, len, stride, i);
      }
    }
    dy += stride;
    y += stride;
    x += (usize)len * stride;
    out += (usize)len * stride;
  }
}

/** In float64, element j in lane j mod 4. */
KERNEL(f64, sumSquares, usize g, i32 n) {
  f64x4 s = {};
  for (; n > 0; n -= 4, g += 16) {
    const f64x4 x = __builtin_convertvector(load4Zero(g, n), f64x4);
    s = s + x * x;
  }
  return (s[0] + s[2]) + (s[1] + s[3]);
}

KERNEL(i32, allFinite, usize a, i32 n) {
  vi bad = {};
  for (; n > 0; n -= LANES, a += WIDE) bad |= nonFinite(loadSome(a, n));
  return !anyTrue(bad);
}
