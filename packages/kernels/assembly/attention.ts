// Scaled dot-product attention over heads, and its gradients. Four rows of scores are the most that forward keeps, and
// sixteen that the gradient makes again from the log-sum-exp of each row: nothing of queries times keys is stored.
// Every sum is the plain loop from +0 in ascending order (features of a score, keys of an output, queries of a key's
// gradient), those of a row's softmax in eight lanes by j mod 8. What is masked counts as 0 and changes no bit of a
// sum, so blocks are chosen for speed alone. Keys and values of a head are packed once, in panels of eight columns.
import { laneMask, load4, load4Zero, maxLanes, store4, sumLanes } from './lanes';
import { exp4, log1 } from './math';
import { tile4x8 } from './matmul';
import { dropoutRow } from './random';

/** Rows of queries whose gradients are computed together. */
const BLOCK: i32 = 16;

// @ts-ignore: decorator
@inline
function roundUp8(n: i32): i32 {
  return (n + 7) & ~7;
}

/** Zeros from out to end, in full vectors. A call of memory.fill costs more than a row's few. */
// @ts-ignore: decorator
@inline
function clear(out: usize, end: usize): void {
  for (; out < end; out += 16) v128.store(out, f32x4.splat(0));
}

/** out [columns div 8][k][8] from rows of k floats: rows become columns, those that lack to a full panel are 0. */
function packColumns(out: usize, a: usize, columns: i32, k: i32, row: usize): void {
  for (let j = 0; j < columns; j += 8) {
    if (j + 8 > columns) clear(out, out + (<usize>k << 5));
    for (let half = 0; half < 8; half += 4) {
      const to = out + (<usize>half << 2);
      const left = columns - j - half;
      let d = 0;
      if (left >= 4) {
        for (; d + 4 <= k; d += 4) {
          const from = a + (<usize>d << 2);
          const r0 = v128.load(from);
          const r1 = v128.load(from + row);
          const r2 = v128.load(from + 2 * row);
          const r3 = v128.load(from + 3 * row);
          const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
          const t1 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
          const t2 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
          const t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
          const at = to + (<usize>d << 5);
          v128.store(at, v128.shuffle<i64>(t0, t1, 0, 2));
          v128.store(at, v128.shuffle<i64>(t0, t1, 1, 3), 32);
          v128.store(at, v128.shuffle<i64>(t2, t3, 0, 2), 64);
          v128.store(at, v128.shuffle<i64>(t2, t3, 1, 3), 96);
        }
      }
      for (; d < k; ++d) {
        for (let i = 0; i < min(left, 4); ++i) {
          const x = f32.load(a + <usize>i * row + (<usize>d << 2));
          f32.store(to + (<usize>d << 5) + (<usize>i << 2), x);
        }
      }
      a += row << 2;
    }
    out += <usize>k << 5;
  }
}

/** n floats (1 to 8) at a to eight at out, the others 0. */
// @ts-ignore: decorator
@inline
function copy8(out: usize, a: usize, n: i32): void {
  v128.store(out, load4Zero(a, n));
  v128.store(out, n > 4 ? load4Zero(a + 16, n - 4) : f32x4.splat(0), 16);
}

/** out [size div 8][rows][8] from rows of `size` floats: panels of eight columns, the last one filled up with 0. */
function packRows(out: usize, a: usize, rows: i32, size: i32, row: usize): void {
  for (let f = 0; f < size; f += 8) {
    let from = a + (<usize>f << 2);
    for (let i = 0; i < rows; ++i) {
      copy8(out, from, size - f);
      from += row;
      out += 32;
    }
  }
}

/** out [.., wide] from rows of `size` floats, wide being size in full eights: filled up with 0, to full fours of rows. */
function copyBlock(out: usize, a: usize, rows: i32, size: i32, row: usize, wide: usize): void {
  for (let i = 0; i < rows; ++i) {
    for (let f = 0; f < size; f += 8) copy8(out + (<usize>f << 2), a + (<usize>f << 2), size - f);
    a += row;
    out += wide;
  }
  clear(out, out + <usize>(-rows & 3) * wide);
}

/** Rows of `wide` bytes, of which `size` floats go to out. */
function storeRows(out: usize, a: usize, rows: i32, size: i32, row: usize, wide: usize): void {
  const body = <usize>(size >> 2) << 4;
  for (let i = 0; i < rows; ++i) {
    for (let f: usize = 0; f < body; f += 16) v128.store(out + f, v128.load(a + f));
    if (size & 3) store4(out + body, v128.load(a + body), size & 3);
    a += wide;
    out += row;
  }
}

/** Four rows of a, by `count` panels of k rows, which lie panelBytes apart. */
function fourRows(
  out: usize, a: usize, panels: usize, count: i32, panelBytes: usize, k: i32, aRow: usize,
  outRow: usize,
): void {
  for (; count > 0; --count) {
    tile4x8(out, a, panels, k, aRow, 4, 32, outRow);
    out += 32;
    panels += panelBytes;
  }
}

/** Four rows by eight columns of out take the products of A's columns, of rows that lie aRow apart, and b's rows. */
// @ts-ignore: decorator
@inline
function addTile4x8(out: usize, a: usize, b: usize, k: i32, aRow: usize, wide: usize): void {
  const out1 = out + wide, out2 = out1 + wide, out3 = out2 + wide;
  let c00 = v128.load(out), c01 = v128.load(out, 16);
  let c10 = v128.load(out1), c11 = v128.load(out1, 16);
  let c20 = v128.load(out2), c21 = v128.load(out2, 16);
  let c30 = v128.load(out3), c31 = v128.load(out3, 16);
  for (; k > 0; --k) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    a += aRow;
    b += wide;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out1, c10);
  v128.store(out1, c11, 16);
  v128.store(out2, c20);
  v128.store(out2, c21, 16);
  v128.store(out3, c30);
  v128.store(out3, c31, 16);
}

/** out [columns, wide] += aᵀ b for `rows` rows of a and b. */
function addColumns(
  out: usize, a: usize, b: usize, rows: i32, columns: i32, aRow: usize, wide: usize,
): void {
  for (let j = 0; j < columns; j += 4) {
    for (let f: usize = 0; f < wide; f += 32) addTile4x8(out + f, a, b + f, rows, aRow, wide);
    a += 16;
    out += wide << 2;
  }
}

/** A row's score where its key counts, else -inf: up to four, n of them left in the row; none if n <= 0. */
// @ts-ignore: decorator
@inline
function scoreAt(s: usize, n: i32, scale: v128, mask: usize): v128 {
  const none = f32x4.splat(-Infinity);
  if (n <= 0) return none;
  let x = f32x4.mul(v128.load(s), scale);
  if (mask) x = v128.bitselect(none, x, f32x4.eq(load4(mask, n), f32x4.splat(0)));
  return n >= 4 ? x : v128.bitselect(x, none, laneMask(n));
}

/** s = scale s for n floats, -inf where no key counts and up to a full eight. Returns the largest. */
function scoreRow(s: usize, n: i32, factor: f32, mask: usize): f32 {
  const scale = f32x4.splat(factor);
  let top = f32x4.splat(-Infinity);
  for (let left = roundUp8(n); left > 0; left -= 4) {
    const x = scoreAt(s, n, scale, mask);
    v128.store(s, x);
    // A NaN does not need to be the largest: its exponential is NaN.
    top = f32x4.pmax(top, x);
    n -= 4;
    s += 16;
    if (mask) mask += 16;
  }
  return maxLanes(top);
}

/** s = exp(s - top) for n floats, in full eights. Returns their sum. */
function expRow(s: usize, n: i32, top: f32): f32 {
  const m = f32x4.splat(top);
  let s0 = f32x4.splat(0), s1 = s0;
  for (; n > 0; n -= 8) {
    const e0 = exp4(f32x4.sub(v128.load(s), m));
    const e1 = exp4(f32x4.sub(v128.load(s, 16), m));
    v128.store(s, e0);
    v128.store(s, e1, 16);
    s0 = f32x4.add(s0, e0);
    s1 = f32x4.add(s1, e1);
    s += 32;
  }
  return sumLanes(f32x4.add(s0, s1));
}

/** s = exp(scale s - lse) for n floats, 0 where no key counts and up to a full eight. */
function probabilityRow(s: usize, n: i32, factor: f32, mask: usize, lse: f32): void {
  const scale = f32x4.splat(factor);
  const l = f32x4.splat(lse);
  for (let left = roundUp8(n); left > 0; left -= 4) {
    v128.store(s, exp4(f32x4.sub(scoreAt(s, n, scale, mask), l)));
    n -= 4;
    s += 16;
    if (mask) mask += 16;
  }
}

/** ds = p (ds - delta) scale for n floats, in full eights. */
function scoreGradRow(ds: usize, p: usize, n: i32, delta: f32, factor: f32): void {
  const scale = f32x4.splat(factor);
  const d = f32x4.splat(delta);
  for (let left = roundUp8(n); left > 0; left -= 4) {
    const x = f32x4.mul(v128.load(p), f32x4.sub(v128.load(ds), d));
    v128.store(ds, f32x4.mul(x, scale));
    ds += 16;
    p += 16;
  }
}

/** Sum of a b over n floats, in four lanes by j mod 4. */
function dotRow(a: usize, b: usize, n: i32): f32 {
  let s = f32x4.splat(0);
  for (; n > 0; n -= 4) {
    s = f32x4.add(s, f32x4.mul(load4Zero(a, n), load4Zero(b, n)));
    a += 16;
    b += 16;
  }
  return sumLanes(s);
}

/** out = o / by for n floats, 0 where by is 0: no key counts. */
function outputRow(out: usize, o: usize, n: i32, by: f32): void {
  const d = f32x4.splat(by == 0 ? 1 : by);
  for (; n > 0; n -= 4) {
    store4(out, f32x4.div(v128.load(o), d), n);
    out += 16;
    o += 16;
  }
}

export function attention(
  out: usize, lse: usize, q: usize, k: usize, v: usize, mask: usize, scratch: usize,
  samples: i32, heads: i32, size: i32, queries: i32, keys: i32, qRowStride: i32, kvRowStride: i32,
  maskStride: i32, reach: i32, scale: f32, ids: usize, threshold: i32, kept: f32,
  seedLo: i32, seedHi: i32, stream: i32, epoch: i32,
): void {
  const qRow = <usize>qRowStride << 2;
  const kvRow = <usize>kvRowStride << 2;
  const outRow = <usize>(heads * size) << 2;
  const wide = <usize>roundUp8(size) << 2;
  const scoreRowBytes = <usize>roundUp8(keys) << 2;
  const valuesAt = scratch + wide * <usize>roundUp8(keys);
  const queriesAt = valuesAt + wide * <usize>roundUp8(keys);
  const outputsAt = queriesAt + 4 * wide;
  const scoresAt = outputsAt + 4 * wide;
  const blocks = (keys + 3) >> 2;
  for (let n = 0; n < samples; ++n) {
    for (let h = 0; h < heads; ++h) {
      const head = <usize>(h * size) << 2;
      packColumns(scratch, k + head, keys, size, kvRow);
      packRows(valuesAt, v + head, keys, size, kvRow);
      for (let i = 0; i < queries; i += 4) {
        const rows = min(4, queries - i);
        const limit = <i32>min<i64>(keys, <i64>i + rows + reach);
        copyBlock(queriesAt, q + head + <usize>i * qRow, rows, size, qRow, wide);
        fourRows(scoresAt, queriesAt, scratch, (limit + 7) >> 3, <usize>size << 5, size, wide, scoreRowBytes);
        let s = scoresAt;
        // Queries are not read any more: the rows' sums are noted in their place.
        for (let r = 0; r < rows; ++r) {
          const count = <i32>min<i64>(keys, <i64>i + r + 1 + reach);
          const largest = scoreRow(s, count, scale, mask);
          const top: f32 = largest == -Infinity ? 0 : largest;
          const sum = expRow(s, count, top);
          const filled = <usize>roundUp8(count) << 2;
          clear(s + filled, s + (<usize>roundUp8(limit) << 2));
          if (threshold) {
            const counter = (h * queries + i + r) * blocks;
            dropoutRow(s, s, count, counter, i32.load(ids), epoch, stream, seedLo, seedHi, threshold, kept);
          }
          f32.store(queriesAt + (<usize>r << 2), sum);
          f32.store(lse, sum == 0 ? 0 : top + log1(sum));
          lse += 4;
          s += scoreRowBytes;
        }
        fourRows(outputsAt, scoresAt, valuesAt, (size + 7) >> 3, <usize>keys << 5, limit, scoreRowBytes, wide);
        for (let r = 0; r < rows; ++r) {
          const to = out + head + <usize>(i + r) * outRow;
          outputRow(to, outputsAt + <usize>r * wide, size, f32.load(queriesAt + (<usize>r << 2)));
        }
      }
    }
    out += <usize>queries * outRow;
    q += <usize>queries * qRow;
    k += <usize>keys * kvRow;
    v += <usize>keys * kvRow;
    if (mask) mask += <usize>maskStride << 2;
    if (threshold) ids += 4;
  }
}

export function attentionGrad(
  dq: usize, dk: usize, dv: usize, dout: usize, out: usize, lse: usize,
  q: usize, k: usize, v: usize, mask: usize, scratch: usize,
  samples: i32, heads: i32, size: i32, queries: i32, keys: i32, qRowStride: i32, kvRowStride: i32,
  gradStride: i32, maskStride: i32, reach: i32, scale: f32, ids: usize, threshold: i32, kept: f32,
  seedLo: i32, seedHi: i32, stream: i32, epoch: i32,
): void {
  const qRow = <usize>qRowStride << 2;
  const kvRow = <usize>kvRowStride << 2;
  const outRow = <usize>(heads * size) << 2;
  const wide = <usize>roundUp8(size) << 2;
  const scoreRowBytes = <usize>roundUp8(keys) << 2;
  const head8 = wide * <usize>roundUp8(keys);
  const valuesAt = scratch + head8;
  const keyRowsAt = valuesAt + head8;
  const dkAt = keyRowsAt + head8;
  const dvAt = dkAt + head8;
  const queriesAt = dvAt + head8;
  const doutAt = queriesAt + <usize>BLOCK * wide;
  const dqAt = doutAt + <usize>BLOCK * wide;
  const pAt = dqAt + <usize>BLOCK * wide;
  const dsAt = pAt + <usize>BLOCK * scoreRowBytes;
  const blocks = (keys + 3) >> 2;
  const panelBytes = <usize>size << 5;
  for (let n = 0; n < samples; ++n) {
    for (let h = 0; h < heads; ++h) {
      const head = <usize>(h * size) << 2;
      packColumns(scratch, k + head, keys, size, kvRow);
      packColumns(valuesAt, v + head, keys, size, kvRow);
      packRows(keyRowsAt, k + head, keys, size, kvRow);
      clear(dkAt, queriesAt);
      for (let i0 = 0; i0 < queries; i0 += BLOCK) {
        const rows = min(BLOCK, queries - i0);
        const widest = roundUp8(<i32>min<i64>(keys, <i64>i0 + rows + reach));
        copyBlock(queriesAt, q + head + <usize>i0 * qRow, rows, size, qRow, wide);
        copyBlock(doutAt, dout + head + <usize>i0 * outRow, rows, size, outRow, wide);
        for (let r0 = 0; r0 < rows; r0 += 4) {
          const group = min(4, rows - r0);
          const limit = <i32>min<i64>(keys, <i64>i0 + r0 + group + reach);
          const panels = (limit + 7) >> 3;
          const at = <usize>r0 * wide;
          let p = pAt + <usize>r0 * scoreRowBytes;
          let ds = dsAt + <usize>r0 * scoreRowBytes;
          const first = ds;
          fourRows(p, queriesAt + at, scratch, panels, panelBytes, size, wide, scoreRowBytes);
          fourRows(ds, doutAt + at, valuesAt, panels, panelBytes, size, wide, scoreRowBytes);
          for (let r = r0; r < r0 + group; ++r) {
            const i = i0 + r;
            const count = <i32>min<i64>(keys, <i64>i + 1 + reach);
            const delta = dotRow(doutAt + <usize>r * wide, out + head + <usize>i * outRow, size);
            probabilityRow(p, count, scale, mask, f32.load(lse));
            const counter = (h * queries + i) * blocks;
            if (threshold) {
              dropoutRow(ds, ds, count, counter, i32.load(ids), epoch, stream, seedLo, seedHi, threshold, kept);
            }
            scoreGradRow(ds, p, count, delta, scale);
            if (threshold) {
              dropoutRow(p, p, count, counter, i32.load(ids), epoch, stream, seedLo, seedHi, threshold, kept);
            }
            const filled = <usize>roundUp8(count) << 2;
            clear(p + filled, p + (<usize>widest << 2));
            clear(ds + filled, ds + (<usize>widest << 2));
            lse += 4;
            p += scoreRowBytes;
            ds += scoreRowBytes;
          }
          fourRows(dqAt + at, first, keyRowsAt, (size + 7) >> 3, <usize>keys << 5, limit, scoreRowBytes, wide);
        }
        addColumns(dvAt, pAt, doutAt, rows, widest, scoreRowBytes, wide);
        addColumns(dkAt, dsAt, queriesAt, rows, widest, scoreRowBytes, wide);
        storeRows(dq + head + <usize>i0 * qRow, dqAt, rows, size, qRow, wide);
      }
      storeRows(dk + head, dkAt, keys, size, kvRow, wide);
      storeRows(dv + head, dvAt, keys, size, kvRow, wide);
    }
    dout += <usize>queries * outRow;
    out += <usize>queries * outRow;
    q += <usize>queries * qRow;
    k += <usize>keys * kvRow;
    v += <usize>keys * kvRow;
    dq += <usize>gradStride << 2;
    dk += <usize>gradStride << 2;
    dv += <usize>gradStride << 2;
    if (mask) mask += <usize>maskStride << 2;
    if (threshold) ids += 4;
  }
}
