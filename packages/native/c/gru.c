// The gated recurrent unit over time, in PyTorch's form and order of gates: r, z, n.
// n = tanh(x_n + r (h_n + b)), h' = (1 - z) n + z h.
// The record is [h][h before each step][gates][h_n + b]; see the contract.
#include "recurrence.h"

/** One step of one row. */
typedef struct {
  usize out, h, hidden, gates, product, biasIh, biasHh;
  /** A state's bytes. */
  usize row;
} GruStep;

/** r (1 to LANES) units of it. */
INLINE void gruLanes(const GruStep s, usize at, i32 r) {
  const usize second = at + s.row, third = second + s.row;
  const vf reset = vsigmoid(gate(s.gates, s.product, s.biasIh, s.biasHh, at, r));
  const vf z = vsigmoid(gate(s.gates, s.product, s.biasIh, s.biasHh, second, r));
  const vf hn = biased(loadSome(s.product + third, r), s.biasHh, third, r);
  const vf n = vtanh(biased(loadSome(s.gates + third, r), s.biasIh, third, r) + reset * hn);
  const vf y = (splat(1) - z) * n + z * loadSome(s.h + at, r);
  storeSome(s.h + at, y, r);
  storeSome(s.out + at, y, r);
  storeSome(s.hidden + at, hn, r);
  storeSome(s.gates + at, reset, r);
  storeSome(s.gates + second, z, r);
  storeSome(s.gates + third, n, r);
}

KERNEL(void, gru, usize record, usize w, usize panels, usize biasIh, usize biasHh, usize lengths, usize h0,
       usize scratch, i32 rows, i32 steps, i32 size, i32 reverse) {
  const usize row = (usize)size << 2, all = (usize)rows * (usize)steps * row;
  const usize previous = record + all, gates = previous + all, hidden = gates + 3 * all;
  const usize h = scratch, product = h + (usize)rows * row;
  beginState(h, h0, rows * size);
  for (i32 s = 0; s < steps; s++) {
    const i32 t = timeOf(s, steps, reverse);
    project(product, h, w, panels, rows, size, 3 * size, s == 0 && !h0);
    for (i32 n = 0; n < rows; n++) {
      const usize state = (usize)n * row, at = ((usize)n * (usize)steps + (usize)t) * row;
      copyFloats(previous + at, h + state, size);
      if (isPadded(lengths, n, t)) {
        zeroFloats(record + at, size);
        zeroFloats(hidden + at, size);
        continue;
      }
      const GruStep step = {
          record + at, h + state, hidden + at, gates + 3 * at, product + 3 * state, biasIh, biasHh, row,
      };
      EACH_UNIT(size, gruLanes, step)
    }
  }
}

/** One step back of one row: dh is towards the step's output, and left as what goes past the gates to its input. */
typedef struct {
  usize dGates, dHidden, product, dy, dh, previous, gates, hidden;
  usize row;
} GruStepGrad;

INLINE void gruLanesGrad(const GruStepGrad s, usize at, i32 r) {
  const usize second = at + s.row, third = second + s.row;
  const vf one = splat(1);
  const vf reset = loadSome(s.gates + at, r), z = loadSome(s.gates + second, r), n = loadSome(s.gates + third, r);
  const vf dOut = loadSome(s.dy + at, r) + loadSome(s.dh + at, r);
  const vf dn = (dOut * (one - z)) * (one - n * n);
  const vf dz = (dOut * (loadSome(s.previous + at, r) - n)) * (z * (one - z));
  const vf dr = (dn * loadSome(s.hidden + at, r)) * (reset * (one - reset));
  const vf dhn = dn * reset;
  storeSome(s.dh + at, dOut * z, r);
  storeSome(s.dGates + at, dr, r);
  storeSome(s.dGates + second, dz, r);
  storeSome(s.dGates + third, dn, r);
  storeSome(s.dHidden + at, dr, r);
  storeSome(s.dHidden + second, dz, r);
  storeSome(s.dHidden + third, dhn, r);
  storeSome(s.product + at, dr, r);
  storeSome(s.product + second, dz, r);
  storeSome(s.product + third, dhn, r);
}

KERNEL(void, gruGrad, usize out, usize dy, usize w, usize panels, usize record, usize lengths, usize scratch, i32 rows,
       i32 steps, i32 size, i32 reverse) {
  const usize row = (usize)size << 2, all = (usize)rows * (usize)steps * row;
  const usize previous = record + all, gates = previous + all, hidden = gates + 3 * all;
  const usize dHidden = out + 3 * all, dh = dHidden + 3 * all;
  const usize product = scratch, towards = product + 3 * (usize)rows * row;
  zeroFloats(dh, rows * size);
  for (i32 s = steps - 1; s >= 0; s--) {
    const i32 t = timeOf(s, steps, reverse);
    for (i32 n = 0; n < rows; n++) {
      const usize state = (usize)n * row, at = ((usize)n * (usize)steps + (usize)t) * row;
      if (isPadded(lengths, n, t)) {
        zeroFloats(out + 3 * at, 3 * size);
        zeroFloats(dHidden + 3 * at, 3 * size);
        zeroFloats(product + 3 * state, 3 * size);
        continue;
      }
      const GruStepGrad step = {
          out + 3 * at, dHidden + 3 * at, product + 3 * state, dy + at, dh + state, previous + at, gates + 3 * at,
          hidden + at,  row,
      };
      EACH_UNIT(size, gruLanesGrad, step)
    }
    kernel_matmul(towards, product, w, rows, size, 3 * size, 3 * size, 1, 1, 0, 0, panels);
    for (i32 n = 0; n < rows; n++) {
      const usize state = (usize)n * row;
      if (!isPadded(lengths, n, t)) kernel_addInto(dh + state, towards + state, size);
    }
  }
}
