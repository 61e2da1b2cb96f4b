// Windows over the planes [h, w] of [planes, h, w], as pooling has them: kh x kw taps, dh and dw apart; the first
// begins ph above and pw left of the plane, the next sh and sw further. Lanes are windows side by side, all of whose
// taps in a row are inside of the plane; those at its edges are taken one by one.
#pragma once
#include "shuffle.h"

/** Where the windows lie of which all taps in a row are inside: from `first` to before `end`. */
typedef struct {
  i32 first, end;
} Inside;

/** reach: places from a window's first tap in a row to its last */
INLINE Inside windowsInside(i32 w, i32 outW, i32 sw, i32 pw, i32 reach) {
  const i32 first = minInt((pw + sw - 1) / sw, outW), room = w - 1 - reach + pw;
  return (Inside){first, room < 0 ? first : maxInt(first, minInt(room / sw + 1, outW))};
}

/** How many of those from c on are taken together: fewer than two do not pay. */
INLINE i32 windowsAt(Inside inside, i32 c) {
  const i32 left = inside.end - c;
  return c < inside.first || left < 2 ? 0 : minInt(left, LANES);
}

/** A tap of r windows side by side, which are `step` floats apart. */
INLINE vf tapsAt(usize p, i32 step, i32 r) {
  if (step == 1) return loadSome(p, r);
  if (step != 2) return gatherSome(p, (usize)step << 2, r);
  const i32 n = 2 * r - 1;
  const vf a = loadSome(p, n);
  return evenLanes(a, n > LANES ? loadSome(p + WIDE, n - LANES) : a);
}

/** Does CALL, of r windows `step` floats apart, with literals where windows are near and fill a vector. */
#define BY_STEP(STEP, R, CALL)               \
  if ((STEP) == 1 && (R) == LANES) {         \
    const i32 step = 1, r = LANES;           \
    CALL;                                    \
  } else if ((STEP) == 1) {                  \
    const i32 step = 1, r = (R);             \
    CALL;                                    \
  } else if ((STEP) == 2 && (R) == LANES) {  \
    const i32 step = 2, r = LANES;           \
    CALL;                                    \
  } else if ((STEP) == 2) {                  \
    const i32 step = 2, r = (R);             \
    CALL;                                    \
  } else {                                   \
    const i32 step = (STEP), r = (R);        \
    CALL;                                    \
  }

/** n floats at p and m at q, LANES at most and for m perhaps none: those of even places and those of odd ones. */
INLINE void splitPairs(vf *even, vf *odd, usize p, usize q, i32 n, i32 m) {
  const vf a = loadSome(p, n);
  const vf b = m > 0 ? loadSome(q, m) : a;
  *even = evenLanes(a, b);
  *odd = oddLanes(a, b);
}

/** The same of 2r floats. */
INLINE void loadPairs(vf *even, vf *odd, usize p, i32 r) { splitPairs(even, odd, p, p + WIDE, 2 * r, 2 * r - LANES); }

/** r floats at p and r at q, at most half a vector each, in the first half of the lanes and in the second. */
INLINE vf loadHalves(usize p, usize q, i32 r) {
  return 2 * r == LANES && q == p + WIDE / 2 ? load(p) : firstHalves(loadSome(p, r), loadSome(q, r));
}

INLINE void storeHalves(usize p, usize q, vf v, i32 r) {
  if (2 * r == LANES && q == p + WIDE / 2) {
    store(p, v);
    return;
  }
  storeSome(p, v, r);
  storeSome(q, secondHalf(v), r);
}

/** Stores 2r floats at p, alternating; of `two` halves (a literal) 2r at p and 2r at q. */
INLINE void storePairs(const i32 two, usize p, usize q, vf even, vf odd, i32 r) {
  storeSome(p, interleaveLow(even, odd), 2 * r);
  if (two) storeSome(q, interleaveHigh(even, odd), 2 * r);
  else if (2 * r > LANES) storeSome(p + WIDE, interleaveHigh(even, odd), 2 * r - LANES);
}

/** Windows of 2 x 2 side by side, without overlap and padding. */
INLINE i32 isPairs(
    i32 h, i32 w, i32 outH, i32 outW, i32 kh, i32 kw, i32 sh, i32 sw, i32 ph, i32 pw, i32 dh, i32 dw) {
  const i32 apart = kh == 2 && kw == 2 && sh == 2 && sw == 2 && dh == 1 && dw == 1;
  return apart && ph == 0 && pw == 0 && 2 * outH <= h && 2 * outW <= w;
}

/** Floats at x and in the row below, of windows of 2 x 2, by their place in the window. */
typedef struct {
  vf x0, x1, x2, x3;
} Pairs;

/** Of r windows; of `two` rows (a literal) those of the second row lie in the second half of the lanes. */
INLINE Pairs pairsAt(const i32 two, usize x, usize width, i32 r) {
  Pairs at;
  const usize further = two ? 2 * width : WIDE;
  const i32 others = two ? 2 * r : 2 * r - LANES;
  splitPairs(&at.x0, &at.x1, x, x + further, 2 * r, others);
  splitPairs(&at.x2, &at.x3, x + width, x + width + further, 2 * r, others);
  return at;
}

/** Does CALL for all windows of a plane, `two` rows of r at once where they are short; `at`: bytes from the o-th row. */
#define FOR_PAIRS(OUT_H, OUT_W, CALL)                                          \
  for (i32 o = 0, rows; o < (OUT_H); o += rows) {                              \
    usize at = 0;                                                              \
    i32 n = (OUT_W);                                                           \
    rows = n <= LANES / 2 && o + 1 < (OUT_H) ? 2 : 1;                          \
    if (rows == 2) {                                                           \
      const i32 two = 1, r = n;                                                \
      CALL;                                                                    \
      continue;                                                                \
    }                                                                          \
    for (; n >= LANES; n -= LANES, at += WIDE) {                               \
      const i32 two = 0, r = LANES;                                            \
      CALL;                                                                    \
    }                                                                          \
    if (n) {                                                                   \
      const i32 two = 0, r = n;                                                \
      CALL;                                                                    \
    }                                                                          \
  }

INLINE void addAt(usize p, f32 value) { store1(p, load1(p) + value); }
