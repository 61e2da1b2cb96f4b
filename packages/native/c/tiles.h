// A tile of a product: ROWS rows by COLUMNS vectors of columns in registers. Each element of it is one accumulator that takes
// a * b for k ascending, mul, then add: so tiles of any shape give the bits of the plain triple loop.
#pragma once
#include "lanes.h"

/** Rows of the tallest tile, and vectors of the widest: accumulators, two vectors of b and one of a fit into the registers. */
#if LANES == 16
#define TILE_ROWS 8
#else
#define TILE_ROWS 4
#endif
#define TILE_VECTORS 2
#define TILE_COLUMNS (TILE_VECTORS * LANES)

/** Where b's columns lie. */
typedef struct {
  usize at;
  /** Bytes from one k to the next. */
  usize row;
  /** Bytes from eight columns to the next eight: 32 where rows lie in one piece, more in panels of eight columns. */
  usize eight;
} Columns;

/** A vector of columns of b, the v-th. */
INLINE vf columnsAt(const Columns b, i32 v) {
#if LANES == 16
  if (b.eight == 32) return load(b.at + (usize)v * WIDE);
  return loadEights(b.at + (usize)(2 * v) * b.eight, b.eight);
#elif LANES == 8
  return load(b.at + (usize)v * b.eight);
#else
  return load(b.at + (usize)(v >> 1) * b.eight + (usize)(v & 1) * WIDE);
#endif
}

/**
 * out [rows, vectors x LANES] (the last vector has `last` lanes) = A B, or, unless it `begins`, out + A B.
 *
 * rows, vectors, partial and panels (whether b lies in panels) are literals: each use is a loop of its own.
 */
INLINE void tile(const i32 rows, const i32 vectors, const i32 partial, const i32 panels, usize out, usize outRow, usize a,
                 usize aRow, usize aCol, Columns b, i32 k, i32 last, i32 begins) {
  vf c[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 8
  for (i32 i = 0; i < rows; i++) {
#pragma GCC unroll 2
    for (i32 v = 0; v < vectors; v++) {
      const usize at = out + (usize)i * outRow + (usize)v * WIDE;
      if (begins) c[i][v] = splat(0);
      else c[i][v] = partial && v == vectors - 1 ? loadPart(at, last, splat(0)) : load(at);
    }
  }
  if (!panels) b.eight = 32;
  for (; k > 0; --k) {
    vf x[TILE_VECTORS];
#pragma GCC unroll 2
    for (i32 v = 0; v < vectors; v++) {
      x[v] = partial && v == vectors - 1 ? loadPart(b.at + (usize)v * WIDE, last, splat(0)) : columnsAt(b, v);
    }
#pragma GCC unroll 8
    for (i32 i = 0; i < rows; i++) {
      const vf y = splat(load1(a + (usize)i * aRow));
#pragma GCC unroll 2
      for (i32 v = 0; v < vectors; v++) c[i][v] = c[i][v] + y * x[v];
    }
    a += aCol;
    b.at += b.row;
  }
#pragma GCC unroll 8
  for (i32 i = 0; i < rows; i++) {
#pragma GCC unroll 2
    for (i32 v = 0; v < vectors; v++) {
      const usize at = out + (usize)i * outRow + (usize)v * WIDE;
      storeSome(at, c[i][v], partial && v == vectors - 1 ? last : LANES);
    }
  }
}

/** m rows of some vectors of columns. */
INLINE void rowsOf(const i32 vectors, const i32 partial, const i32 panels, usize out, usize outRow, usize a, usize aRow,
                   usize aCol, const Columns b, i32 m, i32 k, i32 last, i32 begins) {
#define TILE(ROWS)                                                                                      \
  tile(ROWS, vectors, partial, panels, out, outRow, a, aRow, aCol, b, k, last, begins);                 \
  out += ROWS * outRow;                                                                                 \
  a += ROWS * aRow;                                                                                     \
  m -= ROWS;
  while (m >= TILE_ROWS) {
    TILE(TILE_ROWS)
  }
#if TILE_ROWS > 4
  if (m >= 4) {
    TILE(4)
  }
#endif
  if (m >= 2) {
    TILE(2)
  }
  if (m >= 1) {
    TILE(1)
  }
#undef TILE
}

// One function a kind of tile, for the code's size.
#define ROWS_OF(NAME, VECTORS, PARTIAL, PANELS)                                                                      \
  static __attribute__((noinline)) void NAME(usize out, usize outRow, usize a, usize aRow, usize aCol, const Columns b, \
                                             i32 m, i32 k, i32 last, i32 begins) {                                   \
    rowsOf(VECTORS, PARTIAL, PANELS, out, outRow, a, aRow, aCol, b, m, k, last, begins);                             \
  }
ROWS_OF(wholeRows, TILE_VECTORS, 0, 0)
ROWS_OF(vectorRows, 1, 0, 0)
ROWS_OF(partialRows, 1, 1, 0)
ROWS_OF(panelRows, TILE_VECTORS, 0, 1)
#if LANES == 16
ROWS_OF(panelVectorRows, 1, 0, 1)
#endif
#undef ROWS_OF

/** All rows of at most TILE_COLUMNS columns of b, whose rows lie in one piece each. */
INLINE void columnBlock(
    usize out, usize outRow, usize a, usize aRow, usize aCol, Columns b, i32 m, i32 columns, i32 k, i32 begins) {
  if (columns == TILE_COLUMNS) {
    wholeRows(out, outRow, a, aRow, aCol, b, m, k, 0, begins);
    return;
  }
  if (columns >= LANES) {
    vectorRows(out, outRow, a, aRow, aCol, b, m, k, 0, begins);
    out += WIDE;
    b.at += WIDE;
    columns -= LANES;
  }
  if (columns) partialRows(out, outRow, a, aRow, aCol, b, m, k, columns, begins);
}

/** Rows that are packed together: so few that they are read as streams, so many that a panel gets pieces of some length. */
#define STREAMS 8

/** [rows, n] from rows `row` bytes apart into panels of `width` columns, one after another; the last of what is left. */
INLINE void packPanelsOf(usize out, usize a, usize row, i32 rows, i32 n, const i32 width) {
  const usize bytes = (usize)width << 2, panel = (usize)rows * bytes, rest = (usize)(n % width) << 2;
  for (i32 left = rows, count; left > 0; left -= count, a += (usize)count * row) {
    count = minInt(left, STREAMS);
    usize from = a, to = out + (usize)(rows - left) * bytes;
    for (i32 j = n / width; j > 0; j--, from += bytes, to += panel) {
      // A copy of known length is a few moves, another one is a call.
      for (i32 i = 0; i < count; i++) {
        memcpy((void *)(to + (usize)i * bytes), (const void *)(from + (usize)i * row), (size_t)bytes);
      }
    }
    to = out + (usize)(n / width) * panel + (usize)(rows - left) * rest;
    for (i32 i = 0; rest && i < count; i++, to += rest) {
      memcpy((void *)to, (const void *)(from + (usize)i * row), (size_t)rest);
    }
  }
}
