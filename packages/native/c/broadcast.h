// Reads of up to six axes with strides, and an operation of two such inputs. `out` is contiguous; a stride of 0 repeats.
// Every form of a row computes an element with the same operation, so strides choose the speed, never the bits.
#pragma once
#include "lanes.h"

#define AXES 6

/** An axis: its extent, and the bytes from one to the next in either input. */
typedef struct {
  i64 count, a, b;
} Axis;

#define AXIS(COUNT, A, B) {COUNT, 4 * (i64)A, 4 * (i64)B}
/** The parameters of a kernel of the contract, as axes. */
#define ZIP_AXES                                                                  \
  {AXIS(d0, as0, bs0), AXIS(d1, as1, bs1), AXIS(d2, as2, bs2), AXIS(d3, as3, bs3), \
   AXIS(d4, as4, bs4), AXIS(d5, as5, bs5)}
/** Of a copy, as if it had a second input like its first. */
#define COPY_AXES \
  {AXIS(d0, s0, s0), AXIS(d1, s1, s1), AXIS(d2, s2, s2), AXIS(d3, s3, s3), AXIS(d4, s4, s4), AXIS(d5, s5, s5)}

/** Axes that lie end to end in both inputs (or are 1) become one, so that rows are long; the last ones are in use. */
static void mergeAxes(Axis *axes) {
  i32 at = AXES - 1;
  for (i32 i = AXES - 2; i >= 0; i--) {
    const Axis outer = axes[i], inner = axes[at];
    if (outer.count == 1) continue;
    if (inner.count == 1) axes[at] = outer;
    else if (outer.a == inner.a * inner.count && outer.b == inner.b * inner.count) axes[at].count *= outer.count;
    else axes[--at] = outer;
  }
  while (at > 0) axes[--at] = (Axis){1, 0, 0};
}

/** How a row of an input is read: one element for all, elements in one piece, or elements apart. */
enum { ONE, PIECE, APART };

/** The next vector of a row. */
INLINE vf take(const i32 kind, vf one, usize at, usize stride, i32 n) {
  if (kind == ONE) return one;
  if (kind == PIECE) return loadSome(at, n);
  return gatherSome(at, stride, minInt(n, LANES));
}

/** What is computed of two vectors. */
typedef vf (*Zip)(vf, vf);

/** One row of n; the kinds are literals. */
INLINE void zipRow(Zip of, const i32 aKind, const i32 bKind, usize out, usize a, usize b, i64 n, usize as, usize bs) {
  const vf a1 = splat(load1(a)), b1 = splat(load1(b));
  for (; n > 0; n -= LANES, out += WIDE) {
    const i32 r = n < LANES ? (i32)n : LANES;
    storeSome(out, of(take(aKind, a1, a, as, r), take(bKind, b1, b, bs, r)), r);
    a += LANES * as;
    b += LANES * bs;
  }
}

/** One row of any kind. */
INLINE void zipAnyRow(Zip of, usize out, usize a, usize b, i64 n, usize as, usize bs) {
  if (as == 4 && bs == 4) zipRow(of, PIECE, PIECE, out, a, b, n, 4, 4);
  else if (as == 4 && bs == 0) zipRow(of, PIECE, ONE, out, a, b, n, 4, 0);
  else if (as == 0 && bs == 4) zipRow(of, ONE, PIECE, out, a, b, n, 0, 4);
  else if (as == 0 && bs == 0) zipRow(of, ONE, ONE, out, a, b, n, 0, 0);
  else zipRow(of, APART, APART, out, a, b, n, as, bs);
}

/** out [axes] = `of` the inputs; the axes are merged. */
INLINE void zip(Zip of, usize out, usize a, usize b, Axis *axes) {
  const Axis row = axes[5];
  if (row.count <= 0) return;
  for (i64 i = 0; i < axes[0].count; i++) {
    for (i64 j = 0; j < axes[1].count; j++) {
      for (i64 k = 0; k < axes[2].count; k++) {
        for (i64 l = 0; l < axes[3].count; l++) {
          usize x = a + (usize)(i * axes[0].a + j * axes[1].a + k * axes[2].a + l * axes[3].a);
          usize y = b + (usize)(i * axes[0].b + j * axes[1].b + k * axes[2].b + l * axes[3].b);
          for (i64 m = 0; m < axes[4].count; m++) {
            zipAnyRow(of, out, x, y, row.count, (usize)row.a, (usize)row.b);
            out += (usize)row.count << 2;
            x += (usize)axes[4].a;
            y += (usize)axes[4].b;
          }
        }
      }
    }
  }
}

/** Whether a kernel's parameters are of one row, as most tensors of a small network are: that takes less time than its axes. */
#define IS_ROW (d0 == 1 && d1 == 1 && d2 == 1 && d3 == 1 && d4 == 1 && d5 > 0)

/** What a kernel of two inputs does. */
#define BROADCAST(OF)                                                                           \
  do {                                                                                          \
    if (IS_ROW) {                                                                               \
      zipAnyRow(OF, out, a, b, d5, (usize)(4 * (i64)as5), (usize)(4 * (i64)bs5));               \
    } else {                                                                                    \
      Axis axes[AXES] = ZIP_AXES;                                                               \
      mergeAxes(axes);                                                                          \
      zip(OF, out, a, b, axes);                                                                 \
    }                                                                                           \
  } while (0)
