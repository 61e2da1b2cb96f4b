// A tile of a product: ROWS rows by COLUMNS vectors of columns in registers. Each element of it is one accumulator that takes
// a * b for k ascending, mul, then add: so tiles of any shape give the bits of the plain triple loop.
#pragma once
#include "lanes.h"

/**
 * Rows of the tallest tile, and vectors of the widest: accumulators, two vectors of b, one of a and a product fit into the
 * registers.
 */
#if LANES == 16
#define TILE_ROWS 12
#define EACH_HEIGHT(T) T(1) T(2) T(3) T(4) T(5) T(6) T(7) T(8) T(9) T(10) T(11) T(12)
#elif LANES == 8
#define TILE_ROWS 6
#define EACH_HEIGHT(T) T(1) T(2) T(3) T(4) T(5) T(6)
#else
#define TILE_ROWS 4
#define EACH_HEIGHT(T) T(1) T(2) T(3) T(4)
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

/** What tiles beside each other have in common. */
typedef struct {
  usize out, outRow;
  /** Element (i, kk) of a is i * aRow + kk * aCol bytes from here. */
  usize a, aRow, aCol;
  Columns b;
  i32 k;
  /** Whether sums begin with +0, or go on from what is in `out`. */
  i32 begins;
} Product;

/**
 * out [rows, vectors x LANES] (the last vector has `last` lanes) = A B, or, unless it `begins`, out + A B.
 *
 * rows, vectors, partial and panels (whether b lies in panels) are literals: each use is a loop of its own.
 */
INLINE void tile(const i32 rows, const i32 vectors, const i32 partial, const i32 panels, const Product *of, i32 last) {
  vf c[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 12
  for (i32 i = 0; i < rows; i++) {
#pragma GCC unroll 2
    for (i32 v = 0; v < vectors; v++) {
      const usize at = of->out + (usize)i * of->outRow + (usize)v * WIDE;
      if (of->begins) c[i][v] = splat(0);
      else c[i][v] = partial && v == vectors - 1 ? loadPart(at, last, splat(0)) : load(at);
    }
  }
  Columns b = of->b;
  if (!panels) b.eight = 32;
  const usize aCol = of->aCol;
  usize rowsOfA[TILE_ROWS], at = 0;
#pragma GCC unroll 12
  for (i32 i = 0; i < rows; i++) {
    rowsOfA[i] = of->a + (usize)i * of->aRow;
    // Kept as they are: a compiler would keep half of them, and make the others anew in each turn.
    __asm__("" : "+r"(rowsOfA[i]));
  }
  for (i32 k = of->k; k > 0; --k) {
    vf x[TILE_VECTORS];
#pragma GCC unroll 2
    for (i32 v = 0; v < vectors; v++) {
      x[v] = partial && v == vectors - 1 ? loadPart(b.at + (usize)v * WIDE, last, splat(0)) : columnsAt(b, v);
    }
#pragma GCC unroll 12
    for (i32 i = 0; i < rows; i++) {
#pragma GCC unroll 2
      for (i32 v = 0; v < vectors; v++) c[i][v] = c[i][v] + times1(rowsOfA[i] + at, x[v]);
    }
    at += aCol;
    b.at += b.row;
  }
#pragma GCC unroll 12
  for (i32 i = 0; i < rows; i++) {
#pragma GCC unroll 2
    for (i32 v = 0; v < vectors; v++) {
      storeSome(of->out + (usize)i * of->outRow + (usize)v * WIDE, c[i][v], partial && v == vectors - 1 ? last : LANES);
    }
  }
}

/** Bytes from one tile to the next. */
typedef struct {
  usize out, a, b;
} Step;

/** `count` tiles of `rows` rows, a step apart. */
INLINE void tiles(const i32 vectors, const i32 partial, const i32 panels, i32 rows, Product of, Step step, i32 count,
                  i32 last) {
  switch (rows) {
#define TILES(ROWS)                                      \
  case ROWS:                                             \
    for (; count > 0; --count) {                         \
      tile(ROWS, vectors, partial, panels, &of, last);   \
      of.out += step.out;                                \
      of.a += step.a;                                    \
      of.b.at += step.b;                                 \
    }                                                    \
    break;
    EACH_HEIGHT(TILES)
#undef TILES
  }
}

// One function a kind of tile, for the code's size.
typedef void Tiles(i32 rows, Product of, Step step, i32 count, i32 last);
#define TILES_OF(NAME, VECTORS, PARTIAL, PANELS)                                                           \
  static __attribute__((noinline)) void NAME(i32 rows, Product of, Step step, i32 count, i32 last) {       \
    tiles(VECTORS, PARTIAL, PANELS, rows, of, step, count, last);                                          \
  }
TILES_OF(wholeTiles, TILE_VECTORS, 0, 0)
TILES_OF(vectorTiles, 1, 0, 0)
TILES_OF(partialTiles, 1, 1, 0)
TILES_OF(panelTiles, TILE_VECTORS, 0, 1)
#if LANES == 16
TILES_OF(panelVectorTiles, 1, 0, 1)
#endif
#undef TILES_OF

/** m rows, in tiles as tall as they can be and as equal: a low one takes its columns of b for little. */
INLINE void tilesDown(Tiles *kind, Product of, i32 m, i32 last) {
  if (m <= TILE_ROWS) {
    kind(m, of, (Step){0, 0, 0}, 1, last);
    return;
  }
  const i32 count = (m + TILE_ROWS - 1) / TILE_ROWS, height = m / count, taller = m % count;
  const usize rows = (usize)height + 1;
  kind((i32)rows, of, (Step){rows * of.outRow, rows * of.aRow, 0}, taller, last);
  of.out += (usize)taller * rows * of.outRow;
  of.a += (usize)taller * rows * of.aRow;
  kind(height, of, (Step){(usize)height * of.outRow, (usize)height * of.aRow, 0}, count - taller, last);
}

/** All rows of at most TILE_COLUMNS columns of b, whose rows lie in one piece each. */
INLINE void columnBlock(
    usize out, usize outRow, usize a, usize aRow, usize aCol, Columns b, i32 m, i32 columns, i32 k, i32 begins) {
  Product of = {out, outRow, a, aRow, aCol, b, k, begins};
  if (columns == TILE_COLUMNS) {
    tilesDown(wholeTiles, of, m, 0);
    return;
  }
  if (columns >= LANES) {
    tilesDown(vectorTiles, of, m, 0);
    of.out += WIDE;
    of.b.at += WIDE;
    columns -= LANES;
  }
  if (columns) tilesDown(partialTiles, of, m, columns);
}

/** At most TILE_ROWS rows of all columns of b, whose rows lie in one piece each. */
INLINE void rowBlock(Product of, i32 rows, i32 columns) {
  const i32 whole = columns / TILE_COLUMNS;
  const usize skipped = (usize)whole * TILE_VECTORS * WIDE;
  wholeTiles(rows, of, (Step){TILE_VECTORS * WIDE, 0, TILE_VECTORS * WIDE}, whole, 0);
  of.b.at += skipped;
  columnBlock(of.out + skipped, of.outRow, of.a, of.aRow, of.aCol, of.b, rows, columns % TILE_COLUMNS, of.k, of.begins);
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
