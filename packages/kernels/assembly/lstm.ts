// Long short-term memory over time (Hochreiter, Schmidhuber, 1997; with forget gates, Gers et al., 2000), in PyTorch's
// order of gates: i, f, g, o. c' = f c + i g, h' = o tanh(c').
// The record is [h][h before each step][c before each step][gates]; see the contract.
import { load4, store4 } from './lanes';
import { sigmoid4, tanh4 } from './math';
import { beginState, copyFloats, gate, isPadded, project, timeOf, zeroFloats } from './recurrence';
import { matmul } from './matmul';

/** One step of one row, r (1 to 4) units of it. `row` is a state's bytes. */
// @ts-ignore: decorator
@inline
function lanes(
  out: usize, h: usize, c: usize, cell: usize, gates: usize, product: usize, biasIh: usize, biasHh: usize,
  row: usize, at: usize, r: i32,
): void {
  const i = sigmoid4(gate(gates, product, biasIh, biasHh, at, r));
  const f = sigmoid4(gate(gates, product, biasIh, biasHh, at + row, r));
  const g = tanh4(gate(gates, product, biasIh, biasHh, at + 2 * row, r));
  const o = sigmoid4(gate(gates, product, biasIh, biasHh, at + 3 * row, r));
  const before = load4(c + at, r);
  const after = f32x4.add(f32x4.mul(f, before), f32x4.mul(i, g));
  const y = f32x4.mul(o, tanh4(after));
  store4(cell + at, before, r);
  store4(c + at, after, r);
  store4(h + at, y, r);
  store4(out + at, y, r);
  store4(gates + at, i, r);
  store4(gates + at + row, f, r);
  store4(gates + at + 2 * row, g, r);
  store4(gates + at + 3 * row, o, r);
}

function step(
  out: usize, h: usize, c: usize, cell: usize, gates: usize, product: usize, biasIh: usize, biasHh: usize,
  size: i32,
): void {
  const row = <usize>size << 2;
  let at: usize = 0;
  for (; size >= 4; size -= 4) {
    lanes(out, h, c, cell, gates, product, biasIh, biasHh, row, at, 4);
    at += 16;
  }
  if (size > 0) lanes(out, h, c, cell, gates, product, biasIh, biasHh, row, at, size);
}

export function lstm(
  record: usize, w: usize, panels: usize, biasIh: usize, biasHh: usize, lengths: usize, h0: usize, c0: usize,
  scratch: usize, rows: i32, steps: i32, size: i32, withCell: i32, reverse: i32,
): void {
  const row = <usize>size << 2;
  const all = <usize>(rows * steps) * row;
  const last = <usize>steps * row;
  const outRow = last + (withCell ? row : 0);
  const previous = record + <usize>rows * outRow;
  const cells = previous + all;
  const gates = cells + all;
  const h = scratch;
  const c = h + <usize>rows * row;
  const product = c + <usize>rows * row;
  beginState(h, h0, rows * size);
  beginState(c, c0, rows * size);
  for (let s = 0; s < steps; ++s) {
    const t = timeOf(s, steps, reverse);
    project(product, h, w, panels, rows, size, 4 * size, s == 0 && !h0);
    for (let n = 0; n < rows; ++n) {
      const state = <usize>n * row;
      const at = <usize>(n * steps + t) * row;
      const out = record + <usize>n * outRow + <usize>t * row;
      copyFloats(previous + at, h + state, size);
      if (isPadded(lengths, n, t)) {
        copyFloats(cells + at, c + state, size);
        zeroFloats(out, size);
      } else {
        step(
          out, h + state, c + state, cells + at, gates + 4 * at, product + 4 * state, biasIh, biasHh, size,
        );
      }
    }
  }
  if (!withCell) return;
  for (let n = 0; n < rows; ++n) {
    copyFloats(record + <usize>n * outRow + last, c + <usize>n * row, size);
  }
}

/** One step back of one row: dh and dc are towards the step's output, and dc is left towards its input. */
// @ts-ignore: decorator
@inline
function lanesGrad(
  dGates: usize, product: usize, dy: usize, dh: usize, dc: usize, cell: usize, gates: usize, row: usize,
  at: usize, r: i32,
): void {
  const one = f32x4.splat(1);
  const i = load4(gates + at, r);
  const f = load4(gates + at + row, r);
  const g = load4(gates + at + 2 * row, r);
  const o = load4(gates + at + 3 * row, r);
  const before = load4(cell + at, r);
  const y = tanh4(f32x4.add(f32x4.mul(f, before), f32x4.mul(i, g)));
  const dOut = f32x4.add(load4(dy + at, r), load4(dh + at, r));
  const dCell = f32x4.add(
    load4(dc + at, r),
    f32x4.mul(f32x4.mul(dOut, o), f32x4.sub(one, f32x4.mul(y, y))),
  );
  const di = f32x4.mul(f32x4.mul(dCell, g), f32x4.mul(i, f32x4.sub(one, i)));
  const df = f32x4.mul(f32x4.mul(dCell, before), f32x4.mul(f, f32x4.sub(one, f)));
  const dg = f32x4.mul(f32x4.mul(dCell, i), f32x4.sub(one, f32x4.mul(g, g)));
  const dO = f32x4.mul(f32x4.mul(dOut, y), f32x4.mul(o, f32x4.sub(one, o)));
  store4(dc + at, f32x4.mul(dCell, f), r);
  store4(dGates + at, di, r);
  store4(dGates + at + row, df, r);
  store4(dGates + at + 2 * row, dg, r);
  store4(dGates + at + 3 * row, dO, r);
  store4(product + at, di, r);
  store4(product + at + row, df, r);
  store4(product + at + 2 * row, dg, r);
  store4(product + at + 3 * row, dO, r);
}

function stepGrad(
  dGates: usize, product: usize, dy: usize, dh: usize, dc: usize, cell: usize, gates: usize, size: i32,
): void {
  const row = <usize>size << 2;
  let at: usize = 0;
  for (; size >= 4; size -= 4) {
    lanesGrad(dGates, product, dy, dh, dc, cell, gates, row, at, 4);
    at += 16;
  }
  if (size > 0) lanesGrad(dGates, product, dy, dh, dc, cell, gates, row, at, size);
}

export function lstmGrad(
  out: usize, dy: usize, w: usize, panels: usize, record: usize, lengths: usize, scratch: usize, rows: i32,
  steps: i32, size: i32, withCell: i32, reverse: i32,
): void {
  const row = <usize>size << 2;
  const all = <usize>(rows * steps) * row;
  const last = <usize>steps * row;
  const outRow = last + (withCell ? row : 0);
  const cells = record + <usize>rows * outRow + all;
  const gates = cells + all;
  const dh = out + 4 * all;
  const dc = dh + <usize>rows * row;
  const product = scratch;
  const towards = product + 4 * <usize>rows * row;
  zeroFloats(dh, rows * size);
  for (let n = 0; n < rows; ++n) {
    const state = <usize>n * row;
    beginState(dc + state, withCell ? dy + <usize>n * outRow + last : 0, size);
  }
  for (let s = steps - 1; s >= 0; --s) {
    const t = timeOf(s, steps, reverse);
    for (let n = 0; n < rows; ++n) {
      const state = <usize>n * row;
      const at = <usize>(n * steps + t) * row;
      if (isPadded(lengths, n, t)) {
        zeroFloats(out + 4 * at, 4 * size);
        zeroFloats(product + 4 * state, 4 * size);
      } else {
        stepGrad(
          out + 4 * at, product + 4 * state, dy + <usize>n * outRow + <usize>t * row, dh + state, dc + state,
          cells + at, gates + 4 * at, size,
        );
      }
    }
    matmul(lengths ? towards : dh, product, w, rows, size, 4 * size, 4 * size, 1, 1, 0, 0, panels);
    if (!lengths) continue;
    for (let n = 0; n < rows; ++n) {
      const state = <usize>n * row;
      if (!isPadded(lengths, n, t)) copyFloats(dh + state, towards + state, size);
    }
  }
}
