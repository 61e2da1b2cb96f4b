// The gradient of weights of few channels, which would leave most lanes of weights.c without work: a vector holds eight
// neighbouring taps of a row of the kernel for each of two channels of y. Sums of a sample begin and end in `out`
// itself, for neither images nor taps lie in panels. The numbers and their order are those of weights.c.
#pragma once
#include "../shuffle.h"
#include "image.h"

#if LANES == 16
/** Rows of taps and pairs of channels in the largest tile. */
#define NARROW_ROWS 5
#define NARROW_PAIRS 4

typedef struct {
  /** Where the first channel's weights of the first row are, and bytes to the next channel's and the next row's. */
  usize out, outChannel, outRow;
  /** The image of the group's first channel, and offsets of the rows of taps in it. */
  usize x, offsets;
  /** Of dy: the first channel, and bytes to the next. */
  usize dy, plane;
  i32 channels, taps;
  i32 rows, cols;
  /** Bytes of x from the end of a row to the next. */
  usize skip;
} NarrowTile;

/** rows and pairs are literals. */
INLINE void narrowTile(const i32 rows, const i32 pairs, const NarrowTile *tile) {
  vf c[NARROW_ROWS][NARROW_PAIRS];
  usize x[NARROW_ROWS], y0[NARROW_PAIRS], y1[NARROW_PAIRS], to0[NARROW_PAIRS], to1[NARROW_PAIRS];
  const i32 taps = tile->taps;
  const vi first = laneMask(8);
#pragma GCC unroll 4
  for (i32 p = 0; p < pairs; p++) {
    // Of an odd number of channels the last one is two.
    const usize a = (usize)(2 * p), b = (usize)minInt(2 * p + 1, tile->channels - 1);
    y0[p] = tile->dy + a * tile->plane;
    y1[p] = tile->dy + b * tile->plane;
    to0[p] = tile->out + a * tile->outChannel;
    to1[p] = tile->out + b * tile->outChannel;
  }
#pragma GCC unroll 5
  for (i32 r = 0; r < rows; r++) {
    x[r] = tile->x + (u32)loadInt(tile->offsets + (usize)(4 * r));
#pragma GCC unroll 4
    for (i32 p = 0; p < pairs; p++) {
      const usize row = (usize)r * tile->outRow;
      c[r][p] = firstHalves(loadPart(to0[p] + row, taps, splat(0)), loadPart(to1[p] + row, taps, splat(0)));
    }
  }
  usize at = 0, yAt = 0;
  for (i32 i = tile->rows; i > 0; --i) {
    for (i32 j = tile->cols; j > 0; --j) {
      vf d[NARROW_PAIRS];
#pragma GCC unroll 4
      for (i32 p = 0; p < pairs; p++) d[p] = pick(first, splat(load1(y0[p] + yAt)), splat(load1(y1[p] + yAt)));
#pragma GCC unroll 5
      for (i32 r = 0; r < rows; r++) {
        const vf eight = loadEights(x[r] + at, 0);
#pragma GCC unroll 4
        for (i32 p = 0; p < pairs; p++) c[r][p] = c[r][p] + d[p] * eight;
      }
      at += 4;
      yAt += 4;
    }
    at += tile->skip;
  }
#pragma GCC unroll 5
  for (i32 r = 0; r < rows; r++) {
#pragma GCC unroll 4
    for (i32 p = 0; p < pairs; p++) {
      const usize row = (usize)r * tile->outRow;
      storeSome(to0[p] + row, c[r][p], taps);
      if (to1[p] != to0[p]) storeSome(to1[p] + row, secondHalf(c[r][p]), taps);
    }
  }
}

#define EACH_NARROW(T)                                                                                                 \
  T(1, 1) T(2, 1) T(3, 1) T(4, 1) T(5, 1) T(1, 2) T(2, 2) T(3, 2) T(4, 2) T(5, 2) T(1, 3) T(2, 3) T(3, 3) T(4, 3) \
  T(5, 3) T(1, 4) T(2, 4) T(3, 4) T(4, 4) T(5, 4)
#define DEFINE(ROWS, PAIRS)                                                                      \
  static __attribute__((noinline)) void narrowTile##ROWS##x##PAIRS(const NarrowTile *tile) {     \
    narrowTile(ROWS, PAIRS, tile);                                                               \
  }
EACH_NARROW(DEFINE)
#undef DEFINE

/**
 * Whether this is the quicker way. Eight floats are read at each row of taps, so that samples are not read where they
 * are.
 */
INLINE i32 isNarrow(const Geometry *g, const Image *image) {
  const i32 pairs = ceilDiv(g->og, 2);
  return !image->direct && g->sw == 1 && g->dw == 1 && g->kw <= 8 && pairs <= NARROW_PAIRS && pairs < g->kw;
}

static void narrowWeights(Geometry *g, const Image *image, usize out, usize x, usize dy) {
  const usize tapRow = (usize)g->kw << 2, weights = (usize)(g->cg * g->kh) * tapRow;
  const usize offsets = room(g, (usize)(g->cg * g->kh));
  for (i32 ci = 0; ci < g->cg; ci++) {
    for (i32 r = 0; r < g->kh; r++) {
      storeInt(offsets + ((usize)(ci * g->kh + r) << 2),
               (i32)(((u32)(ci * image->channel) << 2) + imageOffset(image, r * g->dh, 0)));
    }
  }
  memset((void *)out, 0, (usize)g->o * weights);
  NarrowTile tile = {.outChannel = weights,
                     .outRow = tapRow,
                     .plane = (usize)(g->outH * g->outW) << 2,
                     .channels = g->og,
                     .taps = g->kw,
                     .rows = g->outH,
                     .cols = g->outW,
                     .skip = (usize)(image->pitch - g->outW) << 2};
  const i32 pairs = ceilDiv(g->og, 2);
  for (i32 n = g->samples; n > 0; --n) {
    tile.x = placeSample(image, x);
    for (i32 group = 0; group < g->groups; group++) {
      tile.dy = dy;
      tile.out = out + (usize)(group * g->og) * weights;
      tile.offsets = offsets;
      for (i32 rest = g->cg * g->kh; rest > 0;) {
        const i32 rows = ceilDiv(rest, ceilDiv(rest, NARROW_ROWS));
        switch (pairs * 8 + rows) {
#define CASE(ROWS, PAIRS)                \
  case PAIRS * 8 + ROWS:                 \
    narrowTile##ROWS##x##PAIRS(&tile);   \
    break;
          EACH_NARROW(CASE)
#undef CASE
        }
        tile.out += (usize)rows * tapRow;
        tile.offsets += (usize)rows << 2;
        rest -= rows;
      }
      dy += (usize)g->og * tile.plane;
      tile.x += (usize)(g->cg * image->channel) << 2;
    }
    x += (usize)(g->c * g->h * g->w) << 2;
  }
}
#endif
