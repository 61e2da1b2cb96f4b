// The plain recurrent network over time (Elman, 1990): h' = tanh or relu of (x + b) + (h W + b).
// The record is [h][h before each step]; see the contract.
import { load4, store4 } from './lanes';
import { tanh4 } from './math';
import { beginState, copyFloats, gate, isPadded, project, timeOf, zeroFloats } from './recurrence';
import { matmul } from './matmul';

/** One step of one row, r (1 to 4) units of it. */
// @ts-ignore: decorator
@inline
function lanes(
  out: usize, h: usize, product: usize, biasIh: usize, biasHh: usize, relu: i32, at: usize, r: i32,
): void {
  const x = gate(out, product, biasIh, biasHh, at, r);
  const y = relu ? f32x4.max(x, f32x4.splat(0)) : tanh4(x);
  store4(h + at, y, r);
  store4(out + at, y, r);
}

function step(
  out: usize, h: usize, product: usize, biasIh: usize, biasHh: usize, relu: i32, size: i32,
): void {
  let at: usize = 0;
  for (; size >= 4; size -= 4) {
    lanes(out, h, product, biasIh, biasHh, relu, at, 4);
    at += 16;
  }
  if (size > 0) lanes(out, h, product, biasIh, biasHh, relu, at, size);
}

export function rnn(
  record: usize, w: usize, panels: usize, biasIh: usize, biasHh: usize, lengths: usize, h0: usize, scratch: usize,
  rows: i32, steps: i32, size: i32, relu: i32, reverse: i32,
): void {
  const row = <usize>size << 2;
  const previous = record + <usize>(rows * steps) * row;
  const h = scratch;
  const product = h + <usize>rows * row;
  beginState(h, h0, rows * size);
  for (let s = 0; s < steps; ++s) {
    const t = timeOf(s, steps, reverse);
    project(product, h, w, panels, rows, size, size, s == 0 && !h0);
    for (let n = 0; n < rows; ++n) {
      const state = <usize>n * row;
      const at = <usize>(n * steps + t) * row;
      copyFloats(previous + at, h + state, size);
      if (isPadded(lengths, n, t)) zeroFloats(record + at, size);
      else step(record + at, h + state, product + state, biasIh, biasHh, relu, size);
    }
  }
}

/** One step back of one row. */
// @ts-ignore: decorator
@inline
function lanesGrad(
  dGates: usize, product: usize, dy: usize, dh: usize, y: usize, relu: i32, at: usize, r: i32,
): void {
  const h = load4(y + at, r);
  const dOut = f32x4.add(load4(dy + at, r), load4(dh + at, r));
  const d = relu
    ? v128.and(dOut, f32x4.gt(h, f32x4.splat(0)))
    : f32x4.mul(dOut, f32x4.sub(f32x4.splat(1), f32x4.mul(h, h)));
  store4(dGates + at, d, r);
  store4(product + at, d, r);
}

function stepGrad(
  dGates: usize, product: usize, dy: usize, dh: usize, y: usize, relu: i32, size: i32,
): void {
  let at: usize = 0;
  for (; size >= 4; size -= 4) {
    lanesGrad(dGates, product, dy, dh, y, relu, at, 4);
    at += 16;
  }
  if (size > 0) lanesGrad(dGates, product, dy, dh, y, relu, at, size);
}

export function rnnGrad(
  out: usize, dy: usize, w: usize, panels: usize, record: usize, lengths: usize, scratch: usize, rows: i32,
  steps: i32, size: i32, relu: i32, reverse: i32,
): void {
  const row = <usize>size << 2;
  const dh = out + <usize>(rows * steps) * row;
  const product = scratch;
  const towards = product + <usize>rows * row;
  zeroFloats(dh, rows * size);
  for (let s = steps - 1; s >= 0; --s) {
    const t = timeOf(s, steps, reverse);
    for (let n = 0; n < rows; ++n) {
      const state = <usize>n * row;
      const at = <usize>(n * steps + t) * row;
      if (isPadded(lengths, n, t)) {
        zeroFloats(out + at, size);
        zeroFloats(product + state, size);
      } else {
        stepGrad(out + at, product + state, dy + at, dh + state, record + at, relu, size);
      }
    }
    matmul(lengths ? towards : dh, product, w, rows, size, size, size, 1, 1, 0, 0, panels);
    if (!lengths) continue;
    for (let n = 0; n < rows; ++n) {
      const state = <usize>n * row;
      if (!isPadded(lengths, n, t)) copyFloats(dh + state, towards + state, size);
    }
  }
}
