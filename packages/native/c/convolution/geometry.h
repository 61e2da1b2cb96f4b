// The sizes of a convolution, and places in its scratch memory, each on a cache line of its own. How much is needed at
// the most is said in kernels/src/contract/convolution-scratch.ts.
#pragma once
#include "../lanes.h"

typedef struct {
  i32 samples;
  /** Channels, rows and columns of the image x, and of the convolved y. */
  i32 c, h, w;
  i32 o, outH, outW;
  i32 kh, kw;
  i32 sh, sw;
  i32 top, left;
  i32 dh, dw;
  i32 groups;
  /** Channels of x, and of y, that belong to one group. */
  i32 cg, og;
  /** Where the next place begins. */
  usize free;
} Geometry;

/** Room for so many words. */
INLINE usize room(Geometry *g, usize words) {
  const usize at = g->free;
  g->free = (at + words * 4 + 63) & ~(usize)63;
  return at;
}

INLINE Geometry geometry(usize scratch, i32 samples, i32 c, i32 h, i32 w, i32 o, i32 outH, i32 outW, i32 kh, i32 kw,
                         i32 sh, i32 sw, i32 top, i32 left, i32 dh, i32 dw, i32 groups) {
  const usize free = (scratch + 63) & ~(usize)63;
  return (Geometry){samples, c,    h,  w,  o,      outH,       outW,       kh,  kw, sh,
                    sw,      top, left, dh, dw, groups, c / groups, o / groups, free};
}

INLINE i32 ceilDiv(i32 a, i32 b) { return (a + b - 1) / b; }
