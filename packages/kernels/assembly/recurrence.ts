// What the scans over time share: rows of state, where a sample ends, and one gate of a step. A scan's kernel calls one
// product of all rows a step, h [rows, size] × W [size, gates], on tiles of matmul, and then the lanes of its cell.
// Invariant: a row's bits depend on its own row, the weights and the sizes only; sums over the state are matmul's.
// Not here: the cells (rnn.ts, gru.ts, lstm.ts).
import { load4, store4 } from './lanes';
import { matmul } from './matmul';

/** Whether step t lies behind the end of sample n. */
// @ts-ignore: decorator
@inline
export function isPadded(lengths: usize, n: i32, t: i32): bool {
  return lengths != 0 && !(<f32>t < load<f32>(lengths + (<usize>n << 2)));
}

/** The step in time that is the scan's number `s`. */
// @ts-ignore: decorator
@inline
export function timeOf(s: i32, steps: i32, reverse: i32): i32 {
  return reverse ? steps - 1 - s : s;
}

export function copyFloats(to: usize, from: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  if (n > 0) store4(to, load4(from, n), n);
}

export function zeroFloats(to: usize, n: i32): void {
  const zero = f32x4.splat(0);
  for (; n >= 4; n -= 4) {
    v128.store(to, zero);
    to += 16;
  }
  if (n > 0) store4(to, zero, n);
}

/** A state before the first step: as given, or zero. */
export function beginState(state: usize, initial: usize, n: i32): void {
  if (initial) copyFloats(state, initial, n);
  else zeroFloats(state, n);
}

/** product [rows, gates] = h [rows, size] W [size, gates]; zero where h is known to be. */
export function project(
  product: usize, h: usize, w: usize, panels: usize, rows: i32, size: i32, gates: i32, isZero: bool,
): void {
  if (isZero) zeroFloats(product, rows * gates);
  else matmul(product, h, w, rows, gates, size, size, 1, 1, 0, 0, panels);
}

/** (x + bias), of four neighbouring gates; without a bias if there is none. */
// @ts-ignore: decorator
@inline
export function biased(x: v128, bias: usize, offset: usize, r: i32): v128 {
  return bias ? f32x4.add(x, load4(bias + offset, r)) : x;
}

/** (x + biasIh) + (h + biasHh): what a gate's function is applied to. */
// @ts-ignore: decorator
@inline
export function gate(
  x: usize, h: usize, biasIh: usize, biasHh: usize, offset: usize, r: i32,
): v128 {
  return f32x4.add(
    biased(load4(x + offset, r), biasIh, offset, r),
    biased(load4(h + offset, r), biasHh, offset, r),
  );
}
