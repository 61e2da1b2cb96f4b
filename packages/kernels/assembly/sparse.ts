// Products with a matrix of samples X [rows, width] by its non-zeros. `compress` lists them by rows, for
// X W, and `listColumns` by columns, for Xᵀ D. A list is `starts` [count + 1], entry numbers as i32, and
// `entries`, pairs of an i32 index (a column, or a row) and an f32 value, 8 bytes each, in ascending order.
//
// Invariant: for finite operands the products have the bits of `matmul` on the dense matrix. Terms come
// in the same order; those left out are 0 * w, and adding ±0 changes no sum that started at +0.
import { load4, store4 } from './lanes';

/** Lists a non-zero of the row that is being compressed, and counts it for its column. */
// @ts-ignore: decorator
@inline
function list(entry: usize, column: usize, value: f32, columnStarts: usize): void {
  store<i32>(entry, <i32>column);
  store<f32>(entry, value, 4);
  const count = columnStarts + (column << 2);
  store<i32>(count, load<i32>(count, 4) + 1, 4);
}

// @ts-ignore: decorator
@inline
function nonZeros16(bytes: usize): i64 {
  return <i64>i8x16.bitmask(i8x16.ne(v128.load(bytes), i8x16.splat(0)));
}

/** One bit a byte, for up to 64 bytes. A wide mask is walked with few mispredicted branches. */
// @ts-ignore: decorator
@inline
function nonZeros(bytes: usize, length: usize): i64 {
  if (length >= 64) {
    return (
      nonZeros16(bytes) |
      (nonZeros16(bytes + 16) << 16) |
      (nonZeros16(bytes + 32) << 32) |
      (nonZeros16(bytes + 48) << 48)
    );
  }
  let mask: i64 = 0;
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) mask |= nonZeros16(bytes + i) << i;
  for (; i < length; ++i) mask |= <i64>(load<u8>(bytes + i) != 0) << i;
  return mask;
}

export function compressBytes(
  rowStarts: usize, entries: usize, columnStarts: usize, bytes: usize, rows: i32, width: i32,
  table: usize, limit: i32,
): i32 {
  memory.fill(columnStarts, 0, (<usize>width + 1) << 2);
  const end = entries + (<usize>limit << 3);
  let entry = entries;
  for (let row: usize = 0; row < <usize>rows; ++row) {
    store<i32>(rowStarts + (row << 2), <i32>((entry - entries) >> 3));
    if (entry + (<usize>width << 3) > end) return -1;
    for (let column: usize = 0; column < <usize>width; column += 64) {
      let left = nonZeros(bytes + column, <usize>width - column);
      for (; left; left &= left - 1) {
        const c = column + <usize>ctz(left);
        list(entry, c, load<f32>(table + (<usize>load<u8>(bytes + c) << 2)), columnStarts);
        entry += 8;
      }
    }
    bytes += width;
  }
  const count = <i32>((entry - entries) >> 3);
  store<i32>(rowStarts + (<usize>rows << 2), count);
  return count;
}

export function compressFloats(
  rowStarts: usize, entries: usize, columnStarts: usize, floats: usize, rows: i32, width: i32,
  limit: i32,
): i32 {
  memory.fill(columnStarts, 0, (<usize>width + 1) << 2);
  const end = entries + (<usize>limit << 3);
  let entry = entries;
  for (let row: usize = 0; row < <usize>rows; ++row) {
    store<i32>(rowStarts + (row << 2), <i32>((entry - entries) >> 3));
    if (entry + (<usize>width << 3) > end) return -1;
    for (let c: usize = 0; c < <usize>width; ++c) {
      const value = load<f32>(floats + (c << 2));
      if (value == 0) continue;
      list(entry, c, value, columnStarts);
      entry += 8;
    }
    floats += <usize>width << 2;
  }
  const count = <i32>((entry - entries) >> 3);
  store<i32>(rowStarts + (<usize>rows << 2), count);
  return count;
}

export function listColumns(
  columnStarts: usize, columnEntries: usize, rowStarts: usize, rowEntries: usize,
  rows: i32, width: i32,
): void {
  // Slot c + 1 holds column c's count, then its start, and in the end its end, which is c + 1's start.
  let sum = 0;
  const last = columnStarts + (<usize>width << 2);
  for (let slot = columnStarts + 4; slot <= last; slot += 4) {
    const count = load<i32>(slot);
    store<i32>(slot, sum);
    sum += count;
  }
  let entry = rowEntries;
  for (let row = 0; row < rows; ++row) {
    rowStarts += 4;
    const end = rowEntries + (<usize>load<i32>(rowStarts) << 3);
    for (; entry < end; entry += 8) {
      const cursor = columnStarts + (<usize>load<i32>(entry) << 2);
      const at = load<i32>(cursor, 4);
      store<i32>(cursor, at + 1, 4);
      const target = columnEntries + (<usize>at << 3);
      store<i32>(target, row);
      store<f32>(target, load<f32>(entry, 4), 4);
    }
  }
}

/** Sixteen columns of one output row. */
// @ts-ignore: decorator
@inline
function sixteen(
  out: usize, entry: usize, end: usize, b: usize, stride: usize, accumulate: i32,
): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  for (; entry < end; entry += 8) {
    const row = b + <usize>load<i32>(entry) * stride;
    const x = v128.load_splat<f32>(entry, 4);
    c0 = f32x4.add(c0, f32x4.mul(x, v128.load(row)));
    c1 = f32x4.add(c1, f32x4.mul(x, v128.load(row, 16)));
    c2 = f32x4.add(c2, f32x4.mul(x, v128.load(row, 32)));
    c3 = f32x4.add(c3, f32x4.mul(x, v128.load(row, 48)));
  }
  if (accumulate) {
    c0 = f32x4.add(v128.load(out), c0);
    c1 = f32x4.add(v128.load(out, 16), c1);
    c2 = f32x4.add(v128.load(out, 32), c2);
    c3 = f32x4.add(v128.load(out, 48), c3);
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
  v128.store(out, c2, 32);
  v128.store(out, c3, 48);
}

/** Up to four columns of one output row. */
// @ts-ignore: decorator
@inline
function few(
  out: usize, entry: usize, end: usize, b: usize, stride: usize, accumulate: i32, r: i32,
): void {
  let c = f32x4.splat(0);
  for (; entry < end; entry += 8) {
    const row = b + <usize>load<i32>(entry) * stride;
    c = f32x4.add(c, f32x4.mul(v128.load_splat<f32>(entry, 4), load4(row, r)));
  }
  if (accumulate) c = f32x4.add(load4(out, r), c);
  store4(out, c, r);
}

export function sparseMatmul(
  out: usize, starts: usize, entries: usize, b: usize, count: i32, p: i32, accumulate: i32,
): void {
  const stride = <usize>p << 2;
  const wide = <usize>(p & ~15) << 2;
  const narrow = <usize>(p & ~3) << 2;
  const last = starts + (<usize>count << 2);
  // A line's length is met again in each of its panels, which the branch predictor learns.
  for (; starts < last; starts += 4) {
    const entry = entries + (<usize>load<i32>(starts) << 3);
    const end = entries + (<usize>load<i32>(starts, 4) << 3);
    // A line without entries adds +0, which changes no sum.
    if (!accumulate || entry < end) {
      let j: usize = 0;
      for (; j < wide; j += 64) sixteen(out + j, entry, end, b + j, stride, accumulate);
      for (; j < narrow; j += 16) few(out + j, entry, end, b + j, stride, accumulate, 4);
      if (j < stride) few(out + j, entry, end, b + j, stride, accumulate, p & 3);
    }
    out += stride;
  }
}
