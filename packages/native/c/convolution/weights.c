// The gradient of a convolution's weights: dw[o, tap] = the sum over samples and positions of dy[o, position]
// x[position + offset of the tap], one accumulator from +0 for each element, samples in order, then positions, mul,
// then add. Lanes are output channels: of each sample, dy is laid down position by position in panels of one or two
// vectors of channels.
#include "depthwise.h"
#include "image.h"
#include "narrow.h"

/** Taps of a tile of so many vectors: accumulators, the vectors of dy and a product fit into the registers. */
#if LANES == 8
#define TAPS_OF(VECTORS) ((VECTORS) == 1 ? 8 : 6)
#define EACH_WEIGHTS(T)                                                                                             \
  T(1, 1) T(2, 1) T(3, 1) T(4, 1) T(5, 1) T(6, 1) T(7, 1) T(8, 1) T(1, 2) T(2, 2) T(3, 2) T(4, 2) T(5, 2) T(6, 2)
#else
#define TAPS_OF(VECTORS) ((VECTORS) == 1 ? 12 : 8)
#define EACH_WEIGHTS(T)                                                                                             \
  T(1, 1) T(2, 1) T(3, 1) T(4, 1) T(5, 1) T(6, 1) T(7, 1) T(8, 1) T(9, 1) T(10, 1) T(11, 1) T(12, 1) T(1, 2) T(2, 2) \
  T(3, 2) T(4, 2) T(5, 2) T(6, 2) T(7, 2) T(8, 2)
#endif
#define MOST_TAPS 12

typedef struct {
  usize sums, sumRow;
  /** Where the part's first position is, beside the offsets of the taps. */
  usize x, offsets;
  usize panel;
  i32 rows, cols;
  /** Bytes from the end of a row to the next. */
  usize skip;
  /** Channels of the last vector. */
  i32 last;
} WeightsTile;

/** taps and vectors are literals. */
INLINE void weightsTile(const i32 taps, const i32 vectors, const WeightsTile *tile) {
  vf c[MOST_TAPS][PANEL_VECTORS];
  usize x[MOST_TAPS];
#pragma GCC unroll 12
  for (i32 k = 0; k < taps; k++) {
    const usize from = tile->sums + (usize)k * tile->sumRow;
    if (vectors == 2) c[k][0] = load(from);
    c[k][vectors - 1] = loadZero(from + (usize)(vectors - 1) * WIDE, tile->last);
    x[k] = tile->x + (u32)loadInt(tile->offsets + (usize)(4 * k));
  }
  usize d = tile->panel, at = 0;
  for (i32 i = tile->rows; i > 0; --i) {
    for (const usize end = at + ((usize)tile->cols << 2); at < end; at += 4) {
      const vf d0 = load(d), d1 = vectors == 2 ? load(d + WIDE) : d0;
#pragma GCC unroll 12
      for (i32 k = 0; k < taps; k++) {
        c[k][0] = c[k][0] + times1(x[k] + at, d0);
        if (vectors == 2) c[k][1] = c[k][1] + times1(x[k] + at, d1);
      }
      d += (usize)vectors * WIDE;
    }
    at += tile->skip;
  }
#pragma GCC unroll 12
  for (i32 k = 0; k < taps; k++) {
    const usize to = tile->sums + (usize)k * tile->sumRow;
    if (vectors == 2) store(to, c[k][0]);
    storeSome(to + (usize)(vectors - 1) * WIDE, c[k][vectors - 1], tile->last);
  }
}

#define DEFINE(TAPS, VECTORS)                                                                         \
  static __attribute__((noinline)) void weightsTile##TAPS##x##VECTORS(const WeightsTile *tile) {      \
    weightsTile(TAPS, VECTORS, tile);                                                                 \
  }
EACH_WEIGHTS(DEFINE)
#undef DEFINE

/** All taps of a part. */
static void runWeights(WeightsTile tile, i32 taps, i32 vectors) {
  while (taps > 0) {
    const i32 n = ceilDiv(taps, ceilDiv(taps, TAPS_OF(vectors)));
    switch (vectors * 16 + n) {
#define CASE(TAPS, VECTORS)                  \
  case VECTORS * 16 + TAPS:                  \
    weightsTile##TAPS##x##VECTORS(&tile);    \
    break;
      EACH_WEIGHTS(CASE)
#undef CASE
    }
    tile.sums += (usize)n * tile.sumRow;
    tile.offsets += (usize)n << 2;
    taps -= n;
  }
}

KERNEL(void, convolveWeights, usize out, usize x, usize dy, usize scratch, i32 samples, i32 c, i32 h, i32 w, i32 o,
       i32 outH, i32 outW, i32 kh, i32 kw, i32 sh, i32 sw, i32 top, i32 left, i32 dh, i32 dw, i32 groups) {
  Geometry g = geometry(scratch, samples, c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups);
  if (c == groups && o == groups) {
    depthwiseWeights(&g, out, x, dy);
    return;
  }
  const Image image = imageOfX(&g, 1);
#if LANES == 16
  if (isNarrow(&g, &image)) {
    narrowWeights(&g, &image, out, x, dy);
    return;
  }
#endif
  const i32 taps = g.cg * kh * kw;
  const usize offsets = room(&g, (usize)taps);
  usize to = offsets;
  for (i32 ci = 0; ci < g.cg; ci++) {
    for (i32 r = 0; r < kh; r++) {
      for (i32 s = 0; s < kw; s++, to += 4) {
        storeInt(to, (i32)(((u32)(ci * image.channel) << 2) + imageOffset(&image, r * dh, s * dw)));
      }
    }
  }
  // Of each group, tap by tap: all channels, in whole vectors if there is room, for what is loaded soon after it was
  // stored.
  const usize wide = (usize)(ceilDiv(g.og, LANES) * LANES);
  const usize most = (usize)(o + 3 * groups) * (usize)taps + (usize)outH * (usize)outW * 8;
  const i32 isWide = (usize)groups * wide * (usize)taps <= most;
  const usize sumRow = isWide ? wide : (usize)g.og;
  const usize floats = (usize)groups * sumRow * (usize)taps;
  const usize sums = room(&g, floats);
  memset((void *)sums, 0, floats << 2);
  const i32 isFlat = image.pitch == outW;
  const i32 rows = isFlat ? 1 : outH, cols = isFlat ? outH * outW : outW;
  const usize plane = (usize)(outH * outW) << 2;
  Panel panel;
  WeightsTile tile = {.sumRow = sumRow << 2, .panel = (usize)panel.floats};
  for (; samples > 0; --samples) {
    usize from = placeSample(&image, x);
    for (i32 group = 0; group < groups; group++) {
      const usize groupSums = sums + (usize)(group * taps) * tile.sumRow;
      for (i32 first = 0; first < g.og; first += PANEL_VECTORS * LANES) {
        const i32 channels = minInt(g.og - first, PANEL_VECTORS * LANES);
        const i32 vectors = ceilDiv(channels, LANES);
        tile.last = isWide ? LANES : channels - (vectors - 1) * LANES;
        tile.sums = groupSums + ((usize)first << 2);
        tile.offsets = offsets;
        for (Part part = firstPart(rows, cols); part.rows > 0; part = nextPart(part, rows, cols)) {
          tile.rows = part.rows;
          tile.cols = part.cols;
          tile.skip = (usize)(image.pitch - part.cols) << 2;
          turnRows(tile.panel, (usize)vectors * WIDE, dy + ((usize)(part.row * cols + part.col) << 2), plane, channels,
                    part.rows * part.cols, 1);
          tile.x = from + ((usize)(part.row * image.pitch + part.col) << 2);
          runWeights(tile, taps, vectors);
        }
        dy += (usize)channels * plane;
      }
      from += (usize)image.channel * (usize)g.cg << 2;
    }
    x += (usize)c * (usize)h * (usize)w << 2;
  }
  const usize row = (usize)taps << 2;
  for (i32 group = 0; group < groups; group++) {
    const usize from = sums + (usize)(group * taps) * tile.sumRow;
    turnRows(out + (usize)(group * g.og) * row, row, from, tile.sumRow, taps, g.og, 0);
  }
}
