// The positions of a row of the result as vectors: LANES neighbours of the image each, where they are read and written.
#pragma once
#include "geometry.h"

/** Positions that are computed, as vectors. */
typedef struct {
  i32 rows, cols;
  /** Floats from one row to the next where they are read. */
  i32 pitch;
  /** Bytes from one row to the next where they are written, and from one neighbour to the next. */
  u32 outRow, step;
  i32 count;
  /** Vectors of a tile at the most (tiles.h). */
  u8 width;
  /**
   * Whether vectors go on from one row into the next, over what lies between; else a row's last one ends with the row.
   */
  u8 runsOn;
  /** Whether rows of the result are the lanes (turned.h), and not positions. */
  u8 turned;
} Positions;

/** Whether positions are written one behind the other. */
INLINE i32 isPacked(const Positions *all) { return all->step == 4 && all->outRow == (u32)all->cols << 2; }

/** exact: whether nothing behind the last position may be read */
INLINE Positions positionsOf(i32 rows, i32 cols, i32 pitch, usize outRow, usize step, i32 exact) {
  Positions all = {.rows = rows, .cols = cols, .pitch = pitch, .outRow = (u32)outRow, .step = (u32)step};
  if (pitch == cols && isPacked(&all)) {
    // Rows that follow each other without a gap are one.
    all.rows = 1;
    all.cols = all.pitch = rows * cols;
    all.outRow = (u32)all.cols << 2;
  }
  all.count = all.rows * ceilDiv(all.cols, LANES);
  const i32 through = ceilDiv((all.rows - 1) * all.pitch + all.cols, LANES);
  // What lies between must be left out, which is to pay.
  if (8 * through <= 7 * all.count || (exact && all.cols < LANES)) {
    all.runsOn = 1;
    all.count = through;
  }
  return all;
}

/** Where a vector is read, and where its first lane is written, in bytes from the first position. */
typedef struct {
  usize in, out;
  /** Rows of its first and last lane. */
  i32 row, lastRow;
  /** Lanes that are written. */
  u32 bits;
  /** Where each lane is written, beside the first, unless they are one behind the other. */
  vi places;
} Spot;

/** Which vector is next, from 0, and where it begins. */
typedef struct {
  i32 vector, row, col;
} Cursor;

/** The next vector of a row: its last one ends with it, where there is room. */
INLINE Spot nextInRow(const Positions *all, Cursor *at) {
  const i32 j = maxInt(0, minInt(at->col, all->cols - LANES)), i = at->row;
  at->col += LANES;
  if (at->col >= all->cols) {
    at->col = 0;
    at->row++;
  }
  return (Spot){(usize)(i * all->pitch + j) << 2,
                (usize)((u32)i * all->outRow + (u32)j * all->step),
                i,
                i,
                laneBits(laneMask(all->cols)),
                lanes() * (i32)all->step};
}

/** The next vector where they run on: the last of all ends with the last row, where there is room. */
INLINE Spot nextRunningOn(const Positions *all, Cursor *at) {
  const i32 cols = all->cols, pitch = all->pitch, total = (all->rows - 1) * pitch + cols;
  i32 first = at->vector * LANES, i = at->row, j = at->col;
  if (first > maxInt(0, total - LANES)) {
    first = maxInt(0, total - LANES);
    i = first / pitch;
    j = first % pitch;
  }
  at->vector++;
  for (at->col += LANES; at->col >= pitch; at->col -= pitch) at->row++;
  // Of each lane, its column, and bytes to its row.
  vi column = lanes() + j;
  vu row = {0};
  i32 last = i;
  for (vi beyond = column >= pitch; anyTrue(beyond); beyond = column >= pitch) {
    column -= beyond & pitch;
    row += (vu)beyond & all->outRow;
    last++;
  }
  const u32 bits = laneBits((column < cols) & laneMask(total - first));
  // Packed, the first lane that is written is the first of the next row, where this one's are done.
  const i32 done = isPacked(all) && j >= cols;
  const usize out = (usize)((u32)(i + done) * all->outRow) + (done ? 0 : (usize)((u32)j * all->step));
  const vi places = (vi)row + (column - j) * (i32)all->step;
  return (Spot){(usize)first << 2, out, i, minInt(last, all->rows - 1), bits, places};
}

INLINE Spot nextSpot(const Positions *all, Cursor *at) {
  return all->runsOn ? nextRunningOn(all, at) : nextInRow(all, at);
}
