// The taps of a row of the result, in order, and those of them that meet nothing but the image's border at some
// positions. Where all weights are finite these may be left out: they would add +0 or -0 to a sum that began with +0,
// and so never is -0.
#pragma once
#include "positions.h"

typedef struct {
  /** Channels of the image that are met, and of each the rows and columns of taps. */
  i32 channels, rows, cols;
  /**
   * The row of the image, counted from behind the border, that the first row of taps meets at row 0; rows to the next.
   */
  i32 top, step;
  /** Rows of the image without its border; 0 if no tap may be left out. */
  i32 extent;
} Taps;

/** `taps` taps each time, `skip` between them, from the first one on. */
typedef struct {
  i32 first, times, taps, skip;
} Window;

INLINE i32 everyTap(const Taps *taps) { return taps->channels * taps->rows * taps->cols; }

/** Bytes of a tap in a block of rows of the result. */
INLINE usize tapBytes(i32 rows) { return (usize)(rows + 1) << 2; }

/** The taps that meet more than border at one of the positions' rows `from` to `to`, and those between. */
INLINE Window windowOf(const Taps *taps, i32 from, i32 to) {
  const Window all = {0, 1, everyTap(taps), 0};
  if (!taps->extent) return all;
  const i32 end0 = taps->top, end1 = end0 + (taps->rows - 1) * taps->step;
  if (to + minInt(end0, end1) >= 0 && from + maxInt(end0, end1) < taps->extent) return all;
  i32 first = taps->rows, end = 0;
  for (i32 k = 0, row = taps->top; k < taps->rows; k++, row += taps->step) {
    if (to + row < 0 || from + row >= taps->extent) continue;
    first = minInt(first, k);
    end = k + 1;
  }
  const i32 rows = maxInt(0, end - first);
  if (rows == taps->rows) return all;
  return (Window){rows ? first * taps->cols : 0, taps->channels, rows * taps->cols, (taps->rows - rows) * taps->cols};
}

INLINE i32 allFinite(usize p, i32 n) {
  vi bad = splatInt(0);
  for (; n > 0; n -= LANES, p += WIDE) bad |= nonFinite(loadSome(p, n));
  return !anyTrue(bad);
}
