// Long short-term memory over time, in the order of gates i, f, g, o. c' = f c + i g, h' = o tanh(c').
// The record is [h][h before each step][c before each step][gates]; see the contract.
#include "recurrence.h"

/** One step of one row. */
typedef struct {
  usize out, h, c, cell, gates, product, biasIh, biasHh;
  /** A state's bytes. */
  usize row;
} LstmStep;

/** r (1 to LANES) units of it. */
INLINE void lstmLanes(const LstmStep s, usize at, i32 r) {
  const vf i = vsigmoid(gate(s.gates, s.product, s.biasIh, s.biasHh, at, r));
  const vf f = vsigmoid(gate(s.gates, s.product, s.biasIh, s.biasHh, at + s.row, r));
  const vf g = vtanh(gate(s.gates, s.product, s.biasIh, s.biasHh, at + 2 * s.row, r));
  const vf o = vsigmoid(gate(s.gates, s.product, s.biasIh, s.biasHh, at + 3 * s.row, r));
  const vf before = loadSome(s.c + at, r);
  const vf after = f * before + i * g;
  const vf y = o * vtanh(after);
  storeSome(s.cell + at, before, r);
  storeSome(s.c + at, after, r);
  storeSome(s.h + at, y, r);
  storeSome(s.out + at, y, r);
  storeSome(s.gates + at, i, r);
  storeSome(s.gates + at + s.row, f, r);
  storeSome(s.gates + at + 2 * s.row, g, r);
  storeSome(s.gates + at + 3 * s.row, o, r);
}

KERNEL(void, lstm, usize record, usize w, usize panels, usize biasIh, usize biasHh, usize lengths, usize h0, usize c0,
       usize scratch, i32 rows, i32 steps, i32 size, i32 withCell, i32 reverse) {
  const usize row = (usize)size << 2, all = (usize)rows * (usize)steps * row, last = (usize)steps * row;
  const usize outRow = last + (withCell ? row : 0);
  const usize previous = record + (usize)rows * outRow, cells = previous + all, gates = cells + all;
  const usize h = scratch, c = h + (usize)rows * row, product = c + (usize)rows * row;
  beginState(h, h0, rows * size);
  beginState(c, c0, rows * size);
  for (i32 s = 0; s < steps; s++) {
    const i32 t = timeOf(s, steps, reverse);
    project(product, h, w, panels, rows, size, 4 * size, s == 0 && !h0);
    for (i32 n = 0; n < rows; n++) {
      const usize state = (usize)n * row, at = ((usize)n * (usize)steps + (usize)t) * row;
      const usize out = record + (usize)n * outRow + (usize)t * row;
      copyFloats(previous + at, h + state, size);
      if (isPadded(lengths, n, t)) {
        copyFloats(cells + at, c + state, size);
        zeroFloats(out, size);
        continue;
      }
      const LstmStep step = {out,         h + state, c + state, cells + at, gates + 4 * at, product + 4 * state,
                             biasIh, biasHh, row};
      EACH_UNIT(size, lstmLanes, step)
    }
  }
  if (!withCell) return;
  for (i32 n = 0; n < rows; n++) copyFloats(record + (usize)n * outRow + last, c + (usize)n * row, size);
}

/** One step back of one row: dh and dc are towards the step's output, and dc is left towards its input. */
typedef struct {
  usize dGates, product, dy, dh, dc, cell, gates;
  /** Bytes of a state, and of those of a whole sample. */
  usize row, sample;
} LstmStepGrad;

/** The next sample's step lies where the processor does not expect it: fetched ahead, a quarter of the time is less. */
INLINE void fetchNext(const LstmStepGrad s, usize at) {
  __builtin_prefetch((const void *)(s.cell + s.sample + at));
#pragma GCC unroll 4
  for (usize i = 0; i < 4; i++) {
    __builtin_prefetch((const void *)(s.gates + 4 * s.sample + at + i * s.row));
    __builtin_prefetch((const void *)(s.dGates + 4 * s.sample + at + i * s.row), 1);
  }
}

INLINE void lstmLanesGrad(const LstmStepGrad s, usize at, i32 r) {
  fetchNext(s, at);
  const vf one = splat(1);
  const vf i = loadSome(s.gates + at, r), f = loadSome(s.gates + at + s.row, r);
  const vf g = loadSome(s.gates + at + 2 * s.row, r), o = loadSome(s.gates + at + 3 * s.row, r);
  const vf before = loadSome(s.cell + at, r);
  const vf y = vtanh(f * before + i * g);
  const vf dOut = loadSome(s.dy + at, r) + loadSome(s.dh + at, r);
  const vf dCell = loadSome(s.dc + at, r) + (dOut * o) * (one - y * y);
  const vf di = (dCell * g) * (i * (one - i));
  const vf df = (dCell * before) * (f * (one - f));
  const vf dg = (dCell * i) * (one - g * g);
  const vf dO = (dOut * y) * (o * (one - o));
  storeSome(s.dc + at, dCell * f, r);
  storeSome(s.dGates + at, di, r);
  storeSome(s.dGates + at + s.row, df, r);
  storeSome(s.dGates + at + 2 * s.row, dg, r);
  storeSome(s.dGates + at + 3 * s.row, dO, r);
  storeSome(s.product + at, di, r);
  storeSome(s.product + at + s.row, df, r);
  storeSome(s.product + at + 2 * s.row, dg, r);
  storeSome(s.product + at + 3 * s.row, dO, r);
}

KERNEL(void, lstmGrad, usize out, usize dy, usize w, usize panels, usize record, usize lengths, usize scratch, i32 rows,
       i32 steps, i32 size, i32 withCell, i32 reverse) {
  const usize row = (usize)size << 2, all = (usize)rows * (usize)steps * row, last = (usize)steps * row;
  const usize outRow = last + (withCell ? row : 0);
  const usize cells = record + (usize)rows * outRow + all, gates = cells + all;
  const usize dh = out + 4 * all, dc = dh + (usize)rows * row;
  const usize product = scratch, towards = product + 4 * (usize)rows * row;
  zeroFloats(dh, rows * size);
  for (i32 n = 0; n < rows; n++) {
    beginState(dc + (usize)n * row, withCell ? dy + (usize)n * outRow + last : 0, size);
  }
  for (i32 s = steps - 1; s >= 0; s--) {
    const i32 t = timeOf(s, steps, reverse);
    for (i32 n = 0; n < rows; n++) {
      const usize state = (usize)n * row, at = ((usize)n * (usize)steps + (usize)t) * row;
      if (isPadded(lengths, n, t)) {
        zeroFloats(out + 4 * at, 4 * size);
        zeroFloats(product + 4 * state, 4 * size);
        continue;
      }
      const LstmStepGrad step = {
          out + 4 * at, product + 4 * state, dy + (usize)n * outRow + (usize)t * row, dh + state, dc + state,
          cells + at,   gates + 4 * at,      row, last,
      };
      EACH_UNIT(size, lstmLanesGrad, step)
    }
    stepBack(dh, towards, product, w, panels, lengths, t, rows, size, 4);
  }
}
