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

/**
 * The terms of n entries, a literal 1 to 4, for the first `wide` bytes of a row: added to the sums that `from`
 * holds, or to +0 if this is where they start, and written to `to`, or added to it if they end here and add.
 */
// @ts-ignore: decorator
@inline
function group(
  n: i32, to: usize, from: usize, start: bool, add: bool, entry: usize, b: usize, stride: usize,
  wide: usize,
): void {
  const x0 = v128.load_splat<f32>(entry, 4);
  const x1 = n > 1 ? v128.load_splat<f32>(entry, 12) : x0;
  const x2 = n > 2 ? v128.load_splat<f32>(entry, 20) : x0;
  const x3 = n > 3 ? v128.load_splat<f32>(entry, 28) : x0;
  let r0 = b + <usize>load<i32>(entry) * stride;
  let r1 = n > 1 ? b + <usize>load<i32>(entry, 8) * stride : 0;
  let r2 = n > 2 ? b + <usize>load<i32>(entry, 16) * stride : 0;
  let r3 = n > 3 ? b + <usize>load<i32>(entry, 24) * stride : 0;
  for (const end = to + wide; to < end; to += 64) {
    // One vector after another: with four sums at a time V8 11 runs out of registers.
    let c = start ? f32x4.splat(0) : v128.load(from);
    c = f32x4.add(c, f32x4.mul(x0, v128.load(r0)));
    if (n > 1) c = f32x4.add(c, f32x4.mul(x1, v128.load(r1)));
    if (n > 2) c = f32x4.add(c, f32x4.mul(x2, v128.load(r2)));
    if (n > 3) c = f32x4.add(c, f32x4.mul(x3, v128.load(r3)));
    v128.store(to, add ? f32x4.add(v128.load(to), c) : c);
    c = start ? f32x4.splat(0) : v128.load(from, 16);
    c = f32x4.add(c, f32x4.mul(x0, v128.load(r0, 16)));
    if (n > 1) c = f32x4.add(c, f32x4.mul(x1, v128.load(r1, 16)));
    if (n > 2) c = f32x4.add(c, f32x4.mul(x2, v128.load(r2, 16)));
    if (n > 3) c = f32x4.add(c, f32x4.mul(x3, v128.load(r3, 16)));
    v128.store(to, add ? f32x4.add(v128.load(to, 16), c) : c, 16);
    c = start ? f32x4.splat(0) : v128.load(from, 32);
    c = f32x4.add(c, f32x4.mul(x0, v128.load(r0, 32)));
    if (n > 1) c = f32x4.add(c, f32x4.mul(x1, v128.load(r1, 32)));
    if (n > 2) c = f32x4.add(c, f32x4.mul(x2, v128.load(r2, 32)));
    if (n > 3) c = f32x4.add(c, f32x4.mul(x3, v128.load(r3, 32)));
    v128.store(to, add ? f32x4.add(v128.load(to, 32), c) : c, 32);
    c = start ? f32x4.splat(0) : v128.load(from, 48);
    c = f32x4.add(c, f32x4.mul(x0, v128.load(r0, 48)));
    if (n > 1) c = f32x4.add(c, f32x4.mul(x1, v128.load(r1, 48)));
    if (n > 2) c = f32x4.add(c, f32x4.mul(x2, v128.load(r2, 48)));
    if (n > 3) c = f32x4.add(c, f32x4.mul(x3, v128.load(r3, 48)));
    v128.store(to, add ? f32x4.add(v128.load(to, 48), c) : c, 48);
    from += 64;
    r0 += 64;
    if (n > 1) r1 += 64;
    if (n > 2) r2 += 64;
    if (n > 3) r3 += 64;
  }
}

/** The last 1 to 4 entries of a line. */
// @ts-ignore: decorator
@inline
function lastGroup(
  to: usize, from: usize, start: bool, add: bool, entry: usize, end: usize, b: usize,
  stride: usize, wide: usize,
): void {
  switch (<i32>(end - entry) >> 3) {
    case 1: group(1, to, from, start, add, entry, b, stride, wide); break;
    case 2: group(2, to, from, start, add, entry, b, stride, wide); break;
    case 3: group(3, to, from, start, add, entry, b, stride, wide); break;
    case 4: group(4, to, from, start, add, entry, b, stride, wide); break;
  }
}

/**
 * The first `wide` bytes of one output row. Four entries at a time pass over the whole row, so that each loads
 * its value and finds its row once, and the sums wait in `sums`, which the first level of the cache holds.
 */
// @ts-ignore: decorator
@inline
function wideColumns(
  out: usize, sums: usize, add: bool, entry: usize, end: usize, b: usize, stride: usize,
  wide: usize,
): void {
  if (entry + 32 < end) {
    group(4, sums, sums, true, false, entry, b, stride, wide);
    for (entry += 32; entry + 32 < end; entry += 32) {
      group(4, sums, sums, false, false, entry, b, stride, wide);
    }
    lastGroup(out, sums, false, add, entry, end, b, stride, wide);
  } else if (entry < end) {
    lastGroup(out, sums, true, add, entry, end, b, stride, wide);
  } else {
    memory.fill(out, 0, wide);
  }
}

/** Up to four columns of one output row. */
// @ts-ignore: decorator
@inline
function few(
  out: usize, entry: usize, end: usize, b: usize, stride: usize, add: bool, r: i32,
): void {
  let c = f32x4.splat(0);
  for (; entry < end; entry += 8) {
    const row = b + <usize>load<i32>(entry) * stride;
    c = f32x4.add(c, f32x4.mul(v128.load_splat<f32>(entry, 4), load4(row, r)));
  }
  if (add) c = f32x4.add(load4(out, r), c);
  store4(out, c, r);
}

/** One output row, of which the entries are not none if they are added to what is in `out`. */
// @ts-ignore: decorator
@inline
function line(
  out: usize, sums: usize, add: bool, entry: usize, end: usize, b: usize, p: i32,
): void {
  const stride = <usize>p << 2;
  const wide = <usize>(p & ~15) << 2;
  const narrow = <usize>(p & ~3) << 2;
  wideColumns(out, sums, add, entry, end, b, stride, wide);
  let j = wide;
  for (; j < narrow; j += 16) few(out + j, entry, end, b + j, stride, add, 4);
  if (j < stride) few(out + j, entry, end, b + j, stride, add, p & 3);
}

function putLine(out: usize, entry: usize, end: usize, b: usize, p: i32): void {
  line(out, out, false, entry, end, b, p);
}

function addLine(out: usize, sums: usize, entry: usize, end: usize, b: usize, p: i32): void {
  line(out, sums, true, entry, end, b, p);
}

export function sparseMatmul(
  sums: usize, out: usize, starts: usize, entries: usize, b: usize, count: i32, p: i32,
): void {
  const add = sums != out;
  const stride = <usize>p << 2;
  const last = starts + (<usize>count << 2);
  for (; starts < last; starts += 4) {
    const entry = entries + (<usize>load<i32>(starts) << 3);
    const end = entries + (<usize>load<i32>(starts, 4) << 3);
    if (!add) putLine(out, entry, end, b, p);
    // A line without entries adds +0, which changes no sum.
    else if (entry < end) addLine(out, sums, entry, end, b, p);
    out += stride;
  }
}

/** Behind the last shard: whatever waits is added up. */
const ALL_LEVELS = 31;

/** left [p] += right. */
function addRow(left: usize, right: usize, p: i32): void {
  for (; p >= 4; p -= 4, left += 16, right += 16) {
    v128.store(left, f32x4.add(v128.load(left), v128.load(right)));
  }
  if (p > 0) store4(left, f32x4.add(load4(left, p), load4(right, p)), p);
}

/**
 * One line. Shards without entries have sums of +0, which change no other, so what is added are the sums of those that have
 * some: two neighbours on the level of the smallest block that has both. A sum waits until the one on its right is whole.
 */
function treeLine(
  out: usize, entry: usize, end: usize, b: usize, p: i32, shardStarts: usize, scratch: usize,
): void {
  const stride = <usize>p << 2;
  // Sums that wait, the first one in `out`, the others one behind the other, and the level on which each meets its right one.
  let waiting = 0;
  let levels: i64 = 0;
  let shard = 0;
  let behind = 0;
  while (entry < end) {
    const first = entry;
    while ((behind = load<i32>(shardStarts + (<usize>shard << 2), 4)) <= load<i32>(entry)) ++shard;
    do {
      entry += 8;
    } while (entry < end && load<i32>(entry) < behind);
    let next = shard;
    let meets = ALL_LEVELS;
    if (entry < end) {
      while (load<i32>(shardStarts + (<usize>next << 2), 4) <= load<i32>(entry)) ++next;
      meets = 31 - clz(shard ^ next);
    }
    const top = waiting > 0 ? scratch + <usize>(waiting - 1) * stride : out;
    if (waiting > 0 && <i32>(levels & 31) < meets) {
      addLine(waiting > 1 ? top - stride : out, top, first, entry, b, p);
      levels >>= 5;
      --waiting;
      for (; waiting > 0 && <i32>(levels & 31) < meets; levels >>= 5, --waiting) {
        const left = waiting > 1 ? scratch + <usize>(waiting - 2) * stride : out;
        addRow(left, scratch + <usize>(waiting - 1) * stride, p);
      }
    } else {
      putLine(top, first, entry, b, p);
    }
    levels = (levels << 5) | <i64>meets;
    ++waiting;
    shard = next;
  }
}

export function treeSparseMatmul(
  out: usize, starts: usize, entries: usize, b: usize, count: i32, p: i32, shardStarts: usize,
  scratch: usize,
): void {
  const stride = <usize>p << 2;
  const last = starts + (<usize>count << 2);
  for (; starts < last; starts += 4, out += stride) {
    const entry = entries + (<usize>load<i32>(starts) << 3);
    const end = entries + (<usize>load<i32>(starts, 4) << 3);
    if (entry < end) treeLine(out, entry, end, b, p, shardStarts, scratch);
    else memory.fill(out, 0, stride);
  }
}
