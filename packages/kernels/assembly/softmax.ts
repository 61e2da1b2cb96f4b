// Softmax and log-softmax over the rows of [rows, len], and their gradients.
// The row's maximum is subtracted first, so exp cannot overflow. Sums go to four lanes, element j to
// lane j mod 4, and are combined in one fixed way: a row's bits depend on the row alone.
// `out` may be any of the inputs.
import { laneMask, load4, load4Zero, store4, sumLanes } from './lanes';
import { exp4, log1 } from './math';
import { maxRow, sumRow } from './reduce';

/** Sum of exp(a - top) over a row; with `keep`, the terms are stored in out. */
// @ts-ignore: decorator
@inline
function sumOfExp(out: usize, a: usize, n: i32, top: f32, keep: bool): f32 {
  const m = f32x4.splat(top);
  const body = <usize>(n >> 2) << 4;
  const r = n & 3;
  let s = f32x4.splat(0);
  for (let i: usize = 0; i < body; i += 16) {
    const e = exp4(f32x4.sub(v128.load(a + i), m));
    if (keep) v128.store(out + i, e);
    s = f32x4.add(s, e);
  }
  if (r) {
    const e = exp4(f32x4.sub(load4(a + body, r), m));
    if (keep) store4(out + body, e, r);
    s = f32x4.add(s, v128.and(e, laneMask(r)));
  }
  return sumLanes(s);
}

/** Stores exp(a - top) in out and returns the sum. */
export function expRow(out: usize, a: usize, n: i32, top: f32): f32 {
  return sumOfExp(out, a, n, top, true);
}

/** log of the sum of exp(a - top). */
export function logSumRow(a: usize, n: i32, top: f32): f32 {
  return log1(sumOfExp(0, a, n, top, false));
}

// @ts-ignore: decorator
@inline
function divideRow(out: usize, n: i32, by: f32): void {
  const d = f32x4.splat(by);
  const body = <usize>(n >> 2) << 4;
  for (let i: usize = 0; i < body; i += 16) v128.store(out + i, f32x4.div(v128.load(out + i), d));
  const r = n & 3;
  if (r) store4(out + body, f32x4.div(load4(out + body, r), d), r);
}

export function softmaxRow(out: usize, a: usize, n: i32): void {
  divideRow(out, n, expRow(out, a, n, maxRow(a, n)));
}

export function softmax(out: usize, a: usize, rows: i32, len: i32): void {
  if (len <= 0) return;
  for (let i = 0; i < rows; ++i) {
    softmaxRow(out, a, len);
    out += <usize>len << 2;
    a += <usize>len << 2;
  }
}

export function logSoftmax(out: usize, a: usize, rows: i32, len: i32): void {
  if (len <= 0) return;
  const body = <usize>(len >> 2) << 4;
  const r = len & 3;
  for (let i = 0; i < rows; ++i) {
    const top = maxRow(a, len);
    const m = f32x4.splat(top);
    const l = f32x4.splat(logSumRow(a, len, top));
    for (let j: usize = 0; j < body; j += 16) {
      v128.store(out + j, f32x4.sub(f32x4.sub(v128.load(a + j), m), l));
    }
    if (r) store4(out + body, f32x4.sub(f32x4.sub(load4(a + body, r), m), l), r);
    out += <usize>len << 2;
    a += <usize>len << 2;
  }
}

export function softmaxGrad(out: usize, dy: usize, y: usize, rows: i32, len: i32): void {
  const body = <usize>(len >> 2) << 4;
  const r = len & 3;
  for (let i = 0; i < rows; ++i) {
    let s = f32x4.splat(0);
    for (let j: usize = 0; j < body; j += 16) {
      s = f32x4.add(s, f32x4.mul(v128.load(dy + j), v128.load(y + j)));
    }
    if (r) s = f32x4.add(s, f32x4.mul(load4Zero(dy + body, r), load4Zero(y + body, r)));
    const dot = f32x4.splat(sumLanes(s));
    for (let j: usize = 0; j < body; j += 16) {
      v128.store(out + j, f32x4.mul(v128.load(y + j), f32x4.sub(v128.load(dy + j), dot)));
    }
    if (r) {
      store4(out + body, f32x4.mul(load4(y + body, r), f32x4.sub(load4(dy + body, r), dot)), r);
    }
    out += <usize>len << 2;
    dy += <usize>len << 2;
    y += <usize>len << 2;
  }
}

// @ts-ignore: decorator
@inline
function logSoftmaxGradAt(out: usize, dy: usize, y: usize, total: v128, r: i32): void {
  store4(out, f32x4.sub(load4(dy, r), f32x4.mul(exp4(load4(y, r)), total)), r);
}

export function logSoftmaxGrad(out: usize, dy: usize, y: usize, rows: i32, len: i32): void {
  const body = <usize>(len >> 2) << 4;
  const r = len & 3;
  for (let i = 0; i < rows; ++i) {
    const total = f32x4.splat(sumRow(dy, len));
    for (let j: usize = 0; j < body; j += 16) logSoftmaxGradAt(out + j, dy + j, y + j, total, 4);
    if (r) logSoftmaxGradAt(out + body, dy + body, y + body, total, r);
    out += <usize>len << 2;
    dy += <usize>len << 2;
    y += <usize>len << 2;
  }
}
