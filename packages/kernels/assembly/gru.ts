// The gated recurrent unit over time (Cho et al., 2014), in PyTorch's form and order of gates: r, z, n.
// n = tanh(x_n + r (h_n + b)), h' = (1 − z) n + z h.
// The record is [h][h before each step][gates][h_n + b]; see the contract.
import { load4, store4 } from './lanes';
import { sigmoid4, tanh4 } from './math';
import {
  beginState, biased, copyFloats, gate, isPadded, project, timeOf, zeroFloats,
} from './recurrence';
import { matmul } from './matmul';

/** One step of one row, r (1 to 4) units of it. `row` is a state's bytes. */
// @ts-ignore: decorator
@inline
function lanes(
  out: usize, h: usize, hidden: usize, gates: usize, product: usize, biasIh: usize, biasHh: usize, row: usize,
  at: usize, r: i32,
): void {
  const reset = sigmoid4(gate(gates, product, biasIh, biasHh, at, r));
  const z = sigmoid4(gate(gates, product, biasIh, biasHh, at + row, r));
  const third = at + 2 * row;
  const hn = biased(load4(product + third, r), biasHh, third, r);
  const n = tanh4(
    f32x4.add(biased(load4(gates + third, r), biasIh, third, r), f32x4.mul(reset, hn)),
  );
  const before = load4(h + at, r);
  const y = f32x4.add(f32x4.mul(f32x4.sub(f32x4.splat(1), z), n), f32x4.mul(z, before));
  store4(h + at, y, r);
  store4(out + at, y, r);
  store4(hidden + at, hn, r);
  store4(gates + at, reset, r);
  store4(gates + at + row, z, r);
  store4(gates + third, n, r);
}

function step(
  out: usize, h: usize, hidden: usize, gates: usize, product: usize, biasIh: usize, biasHh: usize, size: i32,
): void {
  const row = <usize>size << 2;
  let at: usize = 0;
  for (; size >= 4; size -= 4) {
    lanes(out, h, hidden, gates, product, biasIh, biasHh, row, at, 4);
    at += 16;
  }
  if (size > 0) lanes(out, h, hidden, gates, product, biasIh, biasHh, row, at, size);
}

export function gru(
  record: usize, w: usize, panels: usize, biasIh: usize, biasHh: usize, lengths: usize, h0: usize, scratch: usize,
  rows: i32, steps: i32, size: i32, reverse: i32,
): void {
  const row = <usize>size << 2;
  const all = <usize>(rows * steps) * row;
  const previous = record + all;
  const gates = previous + all;
  const hidden = gates + 3 * all;
  const h = scratch;
  const product = h + <usize>rows * row;
  beginState(h, h0, rows * size);
  for (let s = 0; s < steps; ++s) {
    const t = timeOf(s, steps, reverse);
    project(product, h, w, panels, rows, size, 3 * size, s == 0 && !h0);
    for (let n = 0; n < rows; ++n) {
      const state = <usize>n * row;
      const at = <usize>(n * steps + t) * row;
      copyFloats(previous + at, h + state, size);
      if (isPadded(lengths, n, t)) {
        zeroFloats(record + at, size);
        zeroFloats(hidden + at, size);
      } else {
        step(
          record + at, h + state, hidden + at, gates + 3 * at, product + 3 * state, biasIh, biasHh, size,
        );
      }
    }
  }
}

/** One step back of one row: dh is towards the step's output, and left as what goes past the gates to its input. */
// @ts-ignore: decorator
@inline
function lanesGrad(
  dGates: usize, dHidden: usize, product: usize, dy: usize, dh: usize, previous: usize, gates: usize,
  hidden: usize, row: usize, at: usize, r: i32,
): void {
  const one = f32x4.splat(1);
  const reset = load4(gates + at, r);
  const z = load4(gates + at + row, r);
  const n = load4(gates + at + 2 * row, r);
  const dOut = f32x4.add(load4(dy + at, r), load4(dh + at, r));
  const dn = f32x4.mul(
    f32x4.mul(dOut, f32x4.sub(one, z)),
    f32x4.sub(one, f32x4.mul(n, n)),
  );
  const dz = f32x4.mul(
    f32x4.mul(dOut, f32x4.sub(load4(previous + at, r), n)),
    f32x4.mul(z, f32x4.sub(one, z)),
  );
  const dr = f32x4.mul(
    f32x4.mul(dn, load4(hidden + at, r)),
    f32x4.mul(reset, f32x4.sub(one, reset)),
  );
  const dhn = f32x4.mul(dn, reset);
  store4(dh + at, f32x4.mul(dOut, z), r);
  store4(dGates + at, dr, r);
  store4(dGates + at + row, dz, r);
  store4(dGates + at + 2 * row, dn, r);
  store4(dHidden + at, dr, r);
  store4(dHidden + at + row, dz, r);
  store4(dHidden + at + 2 * row, dhn, r);
  store4(product + at, dr, r);
  store4(product + at + row, dz, r);
  store4(product + at + 2 * row, dhn, r);
}

function stepGrad(
  dGates: usize, dHidden: usize, product: usize, dy: usize, dh: usize, previous: usize, gates: usize,
  hidden: usize, size: i32,
): void {
  const row = <usize>size << 2;
  let at: usize = 0;
  for (; size >= 4; size -= 4) {
    lanesGrad(dGates, dHidden, product, dy, dh, previous, gates, hidden, row, at, 4);
    at += 16;
  }
  if (size > 0) lanesGrad(dGates, dHidden, product, dy, dh, previous, gates, hidden, row, at, size);
}

/** to += from, n floats. */
function addFloats(to: usize, from: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    to += 16;
    from += 16;
  }
  if (n > 0) store4(to, f32x4.add(load4(to, n), load4(from, n)), n);
}

export function gruGrad(
  out: usize, dy: usize, w: usize, panels: usize, record: usize, lengths: usize, scratch: usize, rows: i32,
  steps: i32, size: i32, reverse: i32,
): void {
  const row = <usize>size << 2;
  const all = <usize>(rows * steps) * row;
  const previous = record + all;
  const gates = previous + all;
  const hidden = gates + 3 * all;
  const dHidden = out + 3 * all;
  const dh = dHidden + 3 * all;
  const product = scratch;
  const towards = product + 3 * <usize>rows * row;
  zeroFloats(dh, rows * size);
  for (let s = steps - 1; s >= 0; --s) {
    const t = timeOf(s, steps, reverse);
    for (let n = 0; n < rows; ++n) {
      const state = <usize>n * row;
      const at = <usize>(n * steps + t) * row;
      if (isPadded(lengths, n, t)) {
        zeroFloats(out + 3 * at, 3 * size);
        zeroFloats(dHidden + 3 * at, 3 * size);
        zeroFloats(product + 3 * state, 3 * size);
      } else {
        stepGrad(
          out + 3 * at, dHidden + 3 * at, product + 3 * state, dy + at, dh + state, previous + at, gates + 3 * at,
          hidden + at, size,
        );
      }
    }
    matmul(towards, product, w, rows, size, 3 * size, 3 * size, 1, 1, 0, 0, panels);
    for (let n = 0; n < rows; ++n) {
      const state = <usize>n * row;
      if (!isPadded(lengths, n, t)) addFloats(dh + state, towards + state, size);
    }
  }
}
