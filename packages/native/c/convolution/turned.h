// Tiles whose lanes are rows of the result, not positions: for whole vectors of rows, where rows of the image are so
// short that many lanes would lie between them. Sums are turned when they are stored. The bits are those of tiles.h,
// and weights lie alike.
#pragma once
#include "../shuffle.h"
#include "taps.h"

#if LANES == 16
/**
 * Positions of the largest tile, and vectors: accumulators, vectors of weights and a position fit into the registers.
 */
#define TURNED_POSITIONS 12
#define TURNED_VECTORS 2
#define EACH_TURNED(T)                                                                                               \
  T(4, 1) T(5, 1) T(6, 1) T(7, 1) T(8, 1) T(9, 1) T(10, 1) T(11, 1) T(12, 1) T(4, 2) T(5, 2) T(6, 2) T(7, 2) T(8, 2) \
  T(9, 2) T(10, 2) T(11, 2) T(12, 2)

/** Fewer positions of a row, or fewer taps, do not pay for turning the sums. */
#define FEW_POSITIONS 4
#define FEW_TAPS 48

/** Rows of the next block, where so many are left. */
INLINE i32 turnedRows(i32 left) { return minInt(left, TURNED_VECTORS * LANES); }

/** The same positions, turned where that keeps more lanes at work. rows: of the result */
INLINE Positions turnedOrNot(Positions all, i32 rows, i32 taps) {
  all.turned = rows % LANES == 0 && taps >= FEW_TAPS && all.step == 4 && all.cols >= FEW_POSITIONS &&
               8 * all.rows * all.cols < 7 * all.count * LANES;
  return all;
}

typedef struct {
  /** Where row 0 is written, and bytes to the next row. */
  usize out, row;
  usize image;
  usize weights;
  Window window;
  usize bias;
} TurnedTile;

/** positions and vectors are literals. */
INLINE void turnedTile(const i32 positions, const i32 vectors, const TurnedTile *tile) {
  vf c[TURNED_POSITIONS][TURNED_VECTORS];
#pragma GCC unroll 12
  for (i32 i = 0; i < positions; i++) {
#pragma GCC unroll 2
    for (i32 v = 0; v < vectors; v++) c[i][v] = splat(0);
  }
  const usize size = tapBytes(vectors * LANES);
  usize tap = tile->weights + (usize)tile->window.first * size;
  for (i32 times = tile->window.times; times > 0; --times) {
    for (i32 taps = tile->window.taps; taps > 0; --taps) {
      const usize x = tile->image + (u32)loadInt(tap);
      vf w[TURNED_VECTORS];
#pragma GCC unroll 2
      for (i32 v = 0; v < vectors; v++) w[v] = load(tap + 4 + (usize)v * WIDE);
#pragma GCC unroll 12
      for (i32 i = 0; i < positions; i++) {
#pragma GCC unroll 2
        for (i32 v = 0; v < vectors; v++) c[i][v] = c[i][v] + times1(x + (usize)(4 * i), w[v]);
      }
      tap += size;
    }
    tap += (usize)tile->window.skip * size;
  }
#pragma GCC unroll 2
  for (i32 v = 0; v < vectors; v++) {
    const vf y = tile->bias ? load(tile->bias + (usize)v * WIDE) : splat(0);
    vf turned[LANES];
#pragma GCC unroll 16
    for (i32 i = 0; i < LANES; i++) turned[i] = i >= positions ? splat(0) : tile->bias ? c[i][v] + y : c[i][v];
    turn(turned);
#pragma GCC unroll 16
    for (i32 i = 0; i < LANES; i++) storeSome(tile->out + (usize)(v * LANES + i) * tile->row, turned[i], positions);
  }
}

#define DEFINE(POSITIONS, VECTORS)                                                                      \
  static __attribute__((noinline)) void turnedTile##POSITIONS##x##VECTORS(const TurnedTile *tile) {     \
    turnedTile(POSITIONS, VECTORS, tile);                                                               \
  }
EACH_TURNED(DEFINE)
#undef DEFINE

/** As runTiles. */
static void runTurned(usize out, usize image, usize weights, const Taps *taps, i32 rows, usize bias,
                      const Positions *all, usize row) {
  TurnedTile tile = {.row = row};
  for (i32 i = 0; i < all->rows; i++) {
    tile.window = windowOf(taps, i, i);
    for (i32 j = 0; j < all->cols;) {
      const i32 left = all->cols - j;
      const i32 positions = ceilDiv(left, ceilDiv(left, TURNED_POSITIONS));
      tile.out = out + (usize)i * all->outRow + ((usize)j << 2);
      tile.image = image + ((usize)(i * all->pitch + j) << 2);
      tile.weights = weights;
      tile.bias = bias;
      for (i32 rest = rows; rest > 0;) {
        const i32 n = turnedRows(rest);
        switch (n / LANES * 16 + positions) {
#define CASE(POSITIONS, VECTORS)                   \
  case VECTORS * 16 + POSITIONS:                   \
    turnedTile##POSITIONS##x##VECTORS(&tile);      \
    break;
          EACH_TURNED(CASE)
#undef CASE
        }
        tile.out += (usize)n * row;
        tile.weights += (usize)everyTap(taps) * tapBytes(n);
        if (bias) tile.bias += (usize)n << 2;
        rest -= n;
      }
      j += positions;
    }
  }
}
#else
/** Fewer lanes are kept at work by positions. */
INLINE Positions turnedOrNot(Positions all, i32 rows, i32 taps) {
  (void)rows;
  (void)taps;
  return all;
}
#endif
