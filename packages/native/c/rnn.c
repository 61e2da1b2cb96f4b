// The plain recurrent network over time: h' = tanh or relu of (x + b) + (h W + b).
// The record is [h][h before each step]; see the contract.
#include "recurrence.h"

/** One step of one row. */
typedef struct {
  usize out, h, product, biasIh, biasHh;
  i32 relu;
} RnnStep;

/** r (1 to LANES) units of it. */
INLINE void rnnLanes(const RnnStep s, usize at, i32 r) {
  const vf x = gate(s.out, s.product, s.biasIh, s.biasHh, at, r);
  const vf y = s.relu ? positive(x) : vtanh(x);
  storeSome(s.h + at, y, r);
  storeSome(s.out + at, y, r);
}

KERNEL(void, rnn, usize record, usize w, usize panels, usize biasIh, usize biasHh, usize lengths, usize h0,
       usize scratch, i32 rows, i32 steps, i32 size, i32 relu, i32 reverse) {
  const usize row = (usize)size << 2, previous = record + (usize)rows * (usize)steps * row;
  const usize h = scratch, product = h + (usize)rows * row;
  beginState(h, h0, rows * size);
  for (i32 s = 0; s < steps; s++) {
    const i32 t = timeOf(s, steps, reverse);
    project(product, h, w, panels, rows, size, size, s == 0 && !h0);
    for (i32 n = 0; n < rows; n++) {
      const usize state = (usize)n * row, at = ((usize)n * (usize)steps + (usize)t) * row;
      copyFloats(previous + at, h + state, size);
      if (isPadded(lengths, n, t)) {
        zeroFloats(record + at, size);
        continue;
      }
      const RnnStep step = {record + at, h + state, product + state, biasIh, biasHh, relu};
      EACH_UNIT(size, rnnLanes, step)
    }
  }
}

/** One step back of one row. */
typedef struct {
  usize dGates, product, dy, dh, y;
  i32 relu;
} RnnStepGrad;

INLINE void rnnLanesGrad(const RnnStepGrad s, usize at, i32 r) {
  const vf h = loadSome(s.y + at, r);
  const vf dOut = loadSome(s.dy + at, r) + loadSome(s.dh + at, r);
  const vf d = s.relu ? keep(h > splat(0), dOut) : dOut * (splat(1) - h * h);
  storeSome(s.dGates + at, d, r);
  storeSome(s.product + at, d, r);
}

KERNEL(void, rnnGrad, usize out, usize dy, usize w, usize panels, usize record, usize lengths, usize scratch, i32 rows,
       i32 steps, i32 size, i32 relu, i32 reverse) {
  const usize row = (usize)size << 2, dh = out + (usize)rows * (usize)steps * row;
  const usize product = scratch, towards = product + (usize)rows * row;
  zeroFloats(dh, rows * size);
  for (i32 s = steps - 1; s >= 0; s--) {
    const i32 t = timeOf(s, steps, reverse);
    for (i32 n = 0; n < rows; n++) {
      const usize state = (usize)n * row, at = ((usize)n * (usize)steps + (usize)t) * row;
      if (isPadded(lengths, n, t)) {
        zeroFloats(out + at, size);
        zeroFloats(product + state, size);
        continue;
      }
      const RnnStepGrad step = {out + at, product + state, dy + at, dh + state, record + at, relu};
      EACH_UNIT(size, rnnLanesGrad, step)
    }
    stepBack(dh, towards, product, w, panels, lengths, t, rows, size, 1);
  }
}
