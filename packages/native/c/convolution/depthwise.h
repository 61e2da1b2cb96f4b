// The gradient of a depthwise convolution's weights, where each channel of y has a kernel of its own and sees the same
// channel of x. Lanes are channels, in x's image too: it lies position by position, with all channels of each. The
// numbers and their order are those of weights.c.
#pragma once
#include "panel.h"

/** Taps of a tile. */
#define DEPTHWISE_TAPS 6

typedef struct {
  usize sums, sumRow;
  /** Where the taps of the part's first position are, beside `x`. */
  usize x, offsets;
  /** Bytes from one position of x to the next, and from the end of a row to the next row. */
  usize step, skip;
  usize panel;
  i32 rows, cols;
  /** Channels. */
  i32 lanes;
} DepthwiseTile;

/** taps is a literal. */
INLINE void depthwiseTile(const i32 taps, const DepthwiseTile *tile) {
  vf c[DEPTHWISE_TAPS];
  usize x[DEPTHWISE_TAPS];
#pragma GCC unroll 6
  for (i32 k = 0; k < taps; k++) {
    c[k] = loadZero(tile->sums + (usize)k * tile->sumRow, tile->lanes);
    x[k] = tile->x + (u32)loadInt(tile->offsets + (usize)(4 * k));
  }
  usize d = tile->panel, at = 0;
  for (i32 i = tile->rows; i > 0; --i) {
    for (i32 j = tile->cols; j > 0; --j) {
      const vf y = load(d);
#pragma GCC unroll 6
      for (i32 k = 0; k < taps; k++) c[k] = c[k] + y * load(x[k] + at);
      at += tile->step;
      d += WIDE;
    }
    at += tile->skip;
  }
#pragma GCC unroll 6
  for (i32 k = 0; k < taps; k++) storeSome(tile->sums + (usize)k * tile->sumRow, c[k], tile->lanes);
}

#define EACH_DEPTHWISE(T) T(1) T(2) T(3) T(4) T(5) T(6)
#define DEFINE(TAPS) \
  static __attribute__((noinline)) void depthwiseTile##TAPS(const DepthwiseTile *tile) { depthwiseTile(TAPS, tile); }
EACH_DEPTHWISE(DEFINE)
#undef DEFINE

static void depthwiseWeights(Geometry *g, usize out, usize x, usize dy) {
  const i32 c = g->c, taps = g->kh * g->kw;
  const i32 spanH = (g->outH - 1) * g->sh + (g->kh - 1) * g->dh + 1;
  const i32 spanW = (g->outW - 1) * g->sw + (g->kw - 1) * g->dw + 1;
  const usize pixel = (usize)c << 2, row = (usize)spanW * pixel;
  const usize offsets = room(g, (usize)taps);
  for (i32 r = 0; r < g->kh; r++) {
    for (i32 s = 0; s < g->kw; s++) {
      storeInt(offsets + ((usize)(r * g->kw + s) << 2), (i32)((u32)(r * g->dh * spanW + s * g->dw) * (u32)pixel));
    }
  }
  // A vector of the last channels goes on into the next position, and behind the last one.
  const usize floats = (usize)spanH * (usize)spanW * (usize)c + LANES;
  const usize image = room(g, floats);
  memset((void *)image, 0, floats << 2);
  const usize sums = room(g, (usize)(c * taps));
  memset((void *)sums, 0, (usize)(c * taps) << 2);
  const i32 h = minInt(g->h, spanH - g->top), w = minInt(g->w, spanW - g->left);
  const usize plane = (usize)(g->h * g->w) << 2, dPlane = (usize)(g->outH * g->outW) << 2;
  Panel panel;
  DepthwiseTile tile = {.sumRow = pixel, .step = (usize)g->sw * pixel, .panel = (usize)panel.floats};
  for (i32 n = g->samples; n > 0; --n) {
    for (i32 i = 0; i < h; i++) {
      turnRows(image + (usize)(i + g->top) * row + (usize)g->left * pixel, pixel, x + ((usize)(i * g->w) << 2), plane,
               c, w, 0);
    }
    for (i32 first = 0; first < c; first += LANES) {
      tile.lanes = minInt(c - first, LANES);
      const usize from = image + ((usize)first << 2), y = dy + (usize)first * dPlane;
      for (Part part = firstPart(g->outH, g->outW); part.rows > 0; part = nextPart(part, g->outH, g->outW)) {
        tile.rows = part.rows;
        tile.cols = part.cols;
        tile.skip = (usize)g->sh * row - (usize)part.cols * tile.step;
        turnRows(tile.panel, WIDE, y + ((usize)(part.row * g->outW + part.col) << 2), dPlane, tile.lanes,
                  part.rows * part.cols, 1);
        tile.x = from + (usize)(part.row * g->sh) * row + (usize)part.col * tile.step;
        tile.sums = sums + ((usize)first << 2);
        tile.offsets = offsets;
        for (i32 rest = taps; rest > 0;) {
          const i32 k = ceilDiv(rest, ceilDiv(rest, DEPTHWISE_TAPS));
          switch (k) {
#define CASE(TAPS)               \
  case TAPS:                     \
    depthwiseTile##TAPS(&tile);  \
    break;
            EACH_DEPTHWISE(CASE)
#undef CASE
          }
          tile.sums += (usize)k * pixel;
          tile.offsets += (usize)k << 2;
          rest -= k;
        }
      }
    }
    x += (usize)c * plane;
    dy += (usize)c * dPlane;
  }
  turnRows(out, (usize)taps << 2, sums, pixel, taps, c, 0);
}
