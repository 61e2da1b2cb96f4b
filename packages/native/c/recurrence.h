// What the scans over time share: rows of state, where a sample ends, and one gate of a step. A step is one product of
// all rows, h [rows, size] W [size, gates], and then the lanes of its cell.
// Invariant: sums over the state are matmul's; all else is lanes by themselves.
// Not here: the cells (rnn.c, gru.c, lstm.c).
#pragma once
#include "math.h"

/** Whether step t lies behind the end of sample n. */
INLINE i32 isPadded(usize lengths, i32 n, i32 t) { return lengths && !((f32)t < load1(lengths + ((usize)n << 2))); }

/** The step in time that is the scan's number `s`. */
INLINE i32 timeOf(i32 s, i32 steps, i32 reverse) { return reverse ? steps - 1 - s : s; }

INLINE void copyFloats(usize to, usize from, i32 n) { memcpy((void *)to, (const void *)from, (size_t)n << 2); }

INLINE void zeroFloats(usize to, i32 n) { memset((void *)to, 0, (size_t)n << 2); }

/** A state before the first step: as given, or zero. */
INLINE void beginState(usize state, usize initial, i32 n) {
  if (initial) copyFloats(state, initial, n);
  else zeroFloats(state, n);
}

/** product [rows, gates] = h [rows, size] W [size, gates]; zero where h is known to be. */
INLINE void project(usize product, usize h, usize w, usize panels, i32 rows, i32 size, i32 gates, i32 isZero) {
  if (isZero) zeroFloats(product, rows * gates);
  else kernel_matmul(product, h, w, rows, gates, size, size, 1, 1, 0, 0, panels);
}

/** (x + bias), of neighbouring gates; without a bias if there is none. */
INLINE vf biased(vf x, usize bias, usize offset, i32 r) { return bias ? x + loadSome(bias + offset, r) : x; }

/** (x + biasIh) + (h + biasHh): what a gate's function is applied to. */
INLINE vf gate(usize x, usize h, usize biasIh, usize biasHh, usize offset, i32 r) {
  return biased(loadSome(x + offset, r), biasIh, offset, r) + biased(loadSome(h + offset, r), biasHh, offset, r);
}

/** UNITS(STEP, at, r) of all units of a row, r of them at once: a literal LANES, and what is left. */
#define EACH_UNIT(SIZE, UNITS, STEP)                                       \
  for (i32 begin = 0; begin < SIZE; begin += LANES) {                      \
    if (SIZE - begin >= LANES) UNITS(STEP, (usize)begin << 2, LANES);      \
    else UNITS(STEP, (usize)begin << 2, SIZE - begin);                     \
  }

/** What goes back through the product: dh = `product` [rows, gates x size] W, but of padded rows it stays as it is. */
INLINE void stepBack(usize dh, usize towards, usize product, usize w, usize panels, usize lengths, i32 t, i32 rows,
                     i32 size, i32 gates) {
  const i32 k = gates * size;
  const usize row = (usize)size << 2;
  kernel_matmul(lengths ? towards : dh, product, w, rows, size, k, k, 1, 1, 0, 0, panels);
  if (!lengths) return;
  for (i32 n = 0; n < rows; n++) {
    if (!isPadded(lengths, n, t)) copyFloats(dh + (usize)n * row, towards + (usize)n * row, size);
  }
}
