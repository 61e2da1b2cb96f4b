// Lanes of two vectors laid out anew, and with them rows turned into columns.
#pragma once
#include "lanes.h"

#if defined(__clang__)
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (vi){__VA_ARGS__})
#endif

/** a0 b0 a1 b1 ... from the first halves of a and b. */
INLINE vf interleaveLow(vf a, vf b) {
#if LANES == 16
  return SHUFFLE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#elif LANES == 8
  return SHUFFLE(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#else
  return SHUFFLE(a, b, 0, 4, 1, 5);
#endif
}

/** The same from the second halves. */
INLINE vf interleaveHigh(vf a, vf b) {
#if LANES == 16
  return SHUFFLE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif LANES == 8
  return SHUFFLE(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
  return SHUFFLE(a, b, 2, 6, 3, 7);
#endif
}

/** a0 a2 ... b0 b2 ... */
INLINE vf evenLanes(vf a, vf b) {
#if LANES == 16
  return SHUFFLE(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#elif LANES == 8
  return SHUFFLE(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
#else
  return SHUFFLE(a, b, 0, 2, 4, 6);
#endif
}

/** a1 a3 ... b1 b3 ... */
INLINE vf oddLanes(vf a, vf b) {
#if LANES == 16
  return SHUFFLE(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#elif LANES == 8
  return SHUFFLE(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
#else
  return SHUFFLE(a, b, 1, 3, 5, 7);
#endif
}

/** The first half of a, and that of b. */
INLINE vf firstHalves(vf a, vf b) {
#if LANES == 16
  return SHUFFLE(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
#elif LANES == 8
  return SHUFFLE(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
#else
  return SHUFFLE(a, b, 0, 1, 4, 5);
#endif
}

/** The second half of a, twice. */
INLINE vf secondHalf(vf a) {
#if LANES == 16
  return SHUFFLE(a, a, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
#elif LANES == 8
  return SHUFFLE(a, a, 4, 5, 6, 7, 4, 5, 6, 7);
#else
  return SHUFFLE(a, a, 2, 3, 2, 3);
#endif
}

/** A block of LANES rows: each pass moves one bit of a lane's number to the front of its row's. */
INLINE void turn(vf v[LANES]) {
#pragma GCC unroll 4
  for (i32 pass = 1; pass < LANES; pass *= 2) {
    vf next[LANES];
#pragma GCC unroll 8
    for (i32 i = 0; i < LANES / 2; i++) {
      next[2 * i] = interleaveLow(v[i], v[i + LANES / 2]);
      next[2 * i + 1] = interleaveHigh(v[i], v[i + LANES / 2]);
    }
#pragma GCC unroll 16
    for (i32 i = 0; i < LANES; i++) v[i] = next[i];
  }
}

/**
 * out [columns, rows] = in [rows, columns] of at most LANES each; row distances in bytes. Lanes behind `rows` are +0.
 */
INLINE void turnBlock(usize out, usize outRow, usize in, usize inRow, i32 rows, i32 columns, i32 written) {
  vf v[LANES];
  if (rows == LANES && columns == LANES) {
#pragma GCC unroll 16
    for (i32 i = 0; i < LANES; i++) v[i] = load(in + (usize)i * inRow);
  } else {
#pragma GCC unroll 16
    for (i32 i = 0; i < LANES; i++) v[i] = i < rows ? loadZero(in + (usize)i * inRow, columns) : splat(0);
  }
  turn(v);
  if (written == LANES && columns == LANES) {
#pragma GCC unroll 16
    for (i32 i = 0; i < LANES; i++) store(out + (usize)i * outRow, v[i]);
  } else {
#pragma GCC unroll 16
    for (i32 i = 0; i < LANES; i++) {
      if (i < columns) storeSome(out + (usize)i * outRow, v[i], written);
    }
  }
}

/**
 * out [columns, rows] = in [rows, columns]; row distances in bytes.
 *
 * whole: whether rows of `out` are written in whole vectors, +0 behind the last of their numbers
 */
static __attribute__((noinline)) void turnRows(usize out, usize outRow, usize in, usize inRow, i32 rows, i32 columns,
                                                i32 whole) {
  for (; rows > 0; rows -= LANES) {
    const i32 r = minInt(rows, LANES);
    for (i32 j = 0; j < columns; j += LANES) {
      turnBlock(out + (usize)j * outRow, outRow, in + ((usize)j << 2), inRow, r, minInt(columns - j, LANES),
                whole ? LANES : r);
    }
    out += WIDE;
    in += LANES * inRow;
  }
}
