// out[row, position] = the sum over taps of weight[row, tap] image[position + offset of the tap]: one accumulator from
// +0 for each element, taps in order, mul, then add; then the row's bias. So every tile gives the same bits. A vector
// is LANES neighbours of the image; vectors of a tile lie anywhere.
// Weights lie as tiles read them: for each block of rows, for each tap, its offset in bytes and a weight of each row.
#pragma once
#include "turned.h"

/**
 * Rows of the tallest block, and vectors of the widest tile: accumulators, the vectors that are read and a weight fit
 * into the registers.
 */
#if LANES == 8
#define MOST_ROWS 6
#define WIDTH_OF(ROWS) ((ROWS) > 3 ? 2 : (ROWS) > 2 ? 3 : 4)
#else
#define MOST_ROWS 8
#define WIDTH_OF(ROWS) ((ROWS) > 6 ? 3 : 4)
#endif
#define MOST_VECTORS 4

/** Rows of the next block, where so many are left: blocks are as equal as they can be. */
INLINE i32 blockRows(const Positions *all, i32 left) {
#if LANES == 16
  if (all->turned) return turnedRows(left);
#endif
  (void)all;
  return ceilDiv(left, ceilDiv(left, MOST_ROWS));
}

/** A block's rows at some vectors. */
typedef struct {
  /** Where row 0 is written, and bytes to the next row. */
  usize out, row;
  usize image;
  Spot spots[MOST_VECTORS];
  usize weights;
  Window window;
  usize bias;
  /** Whether lanes are written one behind the other. */
  i32 packed;
} Tile;

/** rows and vectors are literals. */
INLINE void convolutionTile(const i32 rows, const i32 vectors, const Tile *tile) {
  vf c[MOST_ROWS][MOST_VECTORS];
  usize at[MOST_VECTORS];
#pragma GCC unroll 4
  for (i32 v = 0; v < vectors; v++) at[v] = tile->image + tile->spots[v].in;
#pragma GCC unroll 8
  for (i32 i = 0; i < rows; i++) {
#pragma GCC unroll 4
    for (i32 v = 0; v < vectors; v++) c[i][v] = splat(0);
  }
  usize tap = tile->weights + (usize)tile->window.first * tapBytes(rows);
  for (i32 times = tile->window.times; times > 0; --times) {
    for (i32 taps = tile->window.taps; taps > 0; --taps) {
      const usize offset = (u32)loadInt(tap);
      vf x[MOST_VECTORS];
#pragma GCC unroll 4
      for (i32 v = 0; v < vectors; v++) x[v] = load(at[v] + offset);
#pragma GCC unroll 8
      for (i32 i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (i32 v = 0; v < vectors; v++) c[i][v] = c[i][v] + times1(tap + 4 + (usize)(4 * i), x[v]);
      }
      tap += tapBytes(rows);
    }
    tap += (usize)tile->window.skip * tapBytes(rows);
  }
  if (tile->bias) {
#pragma GCC unroll 8
    for (i32 i = 0; i < rows; i++) {
      const vf y = splat(load1(tile->bias + (usize)(4 * i)));
#pragma GCC unroll 4
      for (i32 v = 0; v < vectors; v++) c[i][v] = c[i][v] + y;
    }
  }
#pragma GCC unroll 4
  for (i32 v = 0; v < vectors; v++) {
    const Spot *spot = &tile->spots[v];
    const usize to = tile->out + spot->out;
    if (!tile->packed) {
#pragma GCC unroll 8
      for (i32 i = 0; i < rows; i++) storeApart(to + (usize)i * tile->row, c[i][v], spot->places, spot->bits);
    } else if (spot->bits == ALL_LANES) {
#pragma GCC unroll 8
      for (i32 i = 0; i < rows; i++) store(to + (usize)i * tile->row, c[i][v]);
    } else {
#pragma GCC unroll 8
      for (i32 i = 0; i < rows; i++) storePacked(to + (usize)i * tile->row, c[i][v], spot->bits);
    }
  }
}

#if LANES == 8
#define EACH_TILE(T)                                                                                                \
  T(1, 1) T(1, 2) T(1, 3) T(1, 4) T(2, 1) T(2, 2) T(2, 3) T(2, 4) T(3, 1) T(3, 2) T(3, 3) T(4, 1) T(4, 2) T(5, 1)  \
  T(5, 2) T(6, 1) T(6, 2)
#else
#define EACH_TILE(T)                                                                                                \
  T(1, 1) T(1, 2) T(1, 3) T(1, 4) T(2, 1) T(2, 2) T(2, 3) T(2, 4) T(3, 1) T(3, 2) T(3, 3) T(3, 4) T(4, 1) T(4, 2)  \
  T(4, 3) T(4, 4) T(5, 1) T(5, 2) T(5, 3) T(5, 4) T(6, 1) T(6, 2) T(6, 3) T(6, 4) T(7, 1) T(7, 2) T(7, 3) T(8, 1)  \
  T(8, 2) T(8, 3)
#endif

#define DEFINE(ROWS, VECTORS)                                                                   \
  static __attribute__((noinline)) void convolutionTile##ROWS##x##VECTORS(const Tile *tile) {   \
    convolutionTile(ROWS, VECTORS, tile);                                                       \
  }
EACH_TILE(DEFINE)
#undef DEFINE

INLINE void runTile(i32 rows, i32 vectors, const Tile *tile) {
  switch (rows * 8 + vectors) {
#define CASE(ROWS, VECTORS)                      \
  case ROWS * 8 + VECTORS:                       \
    convolutionTile##ROWS##x##VECTORS(tile);     \
    break;
    EACH_TILE(CASE)
#undef CASE
  }
}

/** Vectors of the next tile, where so many are left: tiles are as equal as they can be. */
INLINE i32 tileVectors(i32 left, i32 width) { return ceilDiv(left, ceilDiv(left, width)); }

/** Taps of all vectors in tiles of so many. */
static i64 costOf(const Positions *all, const Taps *taps, i32 width) {
  i64 cost = 0;
  Cursor at = {0, 0, 0};
  for (i32 left = all->count, vectors; left > 0; left -= vectors) {
    vectors = tileVectors(left, width);
    Spot spot = nextSpot(all, &at);
    const i32 row = spot.row;
    for (i32 v = 1; v < vectors; v++) spot = nextSpot(all, &at);
    const Window window = windowOf(taps, row, spot.lastRow);
    cost += (i64)vectors * window.times * window.taps;
  }
  return cost;
}

/** The width that makes rows of the result of all positions the quickest: narrow tiles leave out more of the border. */
INLINE i32 widthOf(const Positions *all, const Taps *taps, i32 rows) {
  const i32 width = WIDTH_OF(blockRows(all, rows));
  if (!taps->extent) return width;
  return 16 * costOf(all, taps, 2) < 15 * costOf(all, taps, width) ? 2 : width;
}

/** All rows at all positions. row: bytes from one row of out to the next */
static void runTiles(usize out, usize image, usize weights, const Taps *taps, i32 rows, usize bias,
                     const Positions *all, usize row) {
#if LANES == 16
  if (all->turned) {
    runTurned(out, image, weights, taps, rows, bias, all, row);
    return;
  }
#endif
  Tile tile = {.row = row, .image = image, .packed = all->step == 4 && (!all->runsOn || isPacked(all))};
  Cursor at = {0, 0, 0};
  for (i32 left = all->count, vectors; left > 0; left -= vectors) {
    vectors = tileVectors(left, all->width);
    for (i32 v = 0; v < vectors; v++) tile.spots[v] = nextSpot(all, &at);
    tile.window = windowOf(taps, tile.spots[0].row, tile.spots[vectors - 1].lastRow);
    tile.out = out;
    tile.weights = weights;
    tile.bias = bias;
    for (i32 rest = rows; rest > 0;) {
      const i32 n = blockRows(all, rest);
      runTile(n, vectors, &tile);
      tile.out += (usize)n * row;
      tile.weights += (usize)everyTap(taps) * tapBytes(n);
      if (bias) tile.bias += (usize)n << 2;
      rest -= n;
    }
  }
}
