// out[m, p] = Aᵀ D over many rows: a [rows, m], d [rows, p], as gradients of weights are. Rows are taken in blocks of which
// both sides are packed in the order in which tiles read them, since rows as they lie are too far apart for the caches.
// Each output element has one accumulator that starts at +0 and takes a[r, i] * d[r, j] for r ascending, carried from block
// to block through `out`: the bits are those of `matmul`, whatever the block. Of several shards each has such sums of its own,
// which are added along the tree, left + right, before anything is stored.
import { load4, store4 } from './lanes';
import { matmul } from './matmul';

/** Rows of a block: its two panels of a tile, 4 and 8 floats a row, stay in the first cache. */
const BLOCK_ROWS = 256;
/** Fewer rows are near enough to each other as they lie. */
const FEW_ROWS = 96;
/** Of 1024 shards. */
const MOST_LEVELS = 10;

/** [rows, n] from rows `stride` bytes apart into panels [⌈n / w⌉][rows][w], w floats wide, zeros behind the last column. */
// @ts-ignore: decorator
@inline
function packBlock(out: usize, a: usize, rows: i32, n: i32, stride: usize, w: i32): void {
  const panel = <usize>(rows * w) << 2;
  for (let row = 0; row < rows; ++row) {
    let to = out + (<usize>(row * w) << 2);
    let from = a;
    let left = n;
    for (; left >= w; left -= w) {
      v128.store(to, v128.load(from));
      if (w == 8) v128.store(to, v128.load(from, 16), 16);
      to += panel;
      from += <usize>w << 2;
    }
    if (left > 0) {
      const first = left < 4 ? left : 4;
      v128.store(to, f32x4.splat(0));
      if (w == 8) v128.store(to, f32x4.splat(0), 16);
      store4(to, load4(from, first), first);
      if (w == 8 && left > 4) store4(to + 16, load4(from + 16, left - 4), left - 4);
    }
    a += stride;
  }
}

/** Bytes that a tile's sums of one level of the tree take: 4 rows by 8 columns. */
const LEVEL = 128;

/**
 * m rows (1 to 4) by n columns (1 to 8) of the result, from packed panels; goes on from `out` unless it is the first block.
 *
 * starts: of `rows` rows of one shard 0; else the first row of each of `shards` shards, and of the one behind, in rows of
 * which each is `rows` here
 * levels: room for sums that wait for the right half of their block
 */
// @ts-ignore: decorator
@inline
function tile(
  out: usize, a: usize, d: usize, rows: i32, outRow: usize, m: i32, n: i32, isFirst: bool,
  starts: usize, shards: i32, levels: usize,
): void {
  const r0 = n < 4 ? n : 4, r1 = n - 4;
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const o1 = out + outRow, o2 = o1 + outRow, o3 = o2 + outRow;
  if (!isFirst) {
    c00 = load4(out, r0);
    if (r1 > 0) c01 = load4(out + 16, r1);
    if (m > 1) {
      c10 = load4(o1, r0);
      if (r1 > 0) c11 = load4(o1 + 16, r1);
    }
    if (m > 2) {
      c20 = load4(o2, r0);
      if (r1 > 0) c21 = load4(o2 + 16, r1);
    }
    if (m > 3) {
      c30 = load4(o3, r0);
      if (r1 > 0) c31 = load4(o3 + 16, r1);
    }
  }
  for (let shard = 0; shard < shards; ++shard) {
    let count = rows;
    if (starts) {
      count *= load<i32>(starts, 4) - load<i32>(starts);
      starts += 4;
      if (shard > 0) {
        c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00;
        c20 = c00, c21 = c00, c30 = c00, c31 = c00;
      }
    }
    for (; count > 0; --count) {
      const d0 = v128.load(d);
      const d1 = v128.load(d, 16);
      let x = v128.load_splat<f32>(a);
      c00 = f32x4.add(c00, f32x4.mul(x, d0));
      c01 = f32x4.add(c01, f32x4.mul(x, d1));
      x = v128.load_splat<f32>(a, 4);
      c10 = f32x4.add(c10, f32x4.mul(x, d0));
      c11 = f32x4.add(c11, f32x4.mul(x, d1));
      x = v128.load_splat<f32>(a, 8);
      c20 = f32x4.add(c20, f32x4.mul(x, d0));
      c21 = f32x4.add(c21, f32x4.mul(x, d1));
      x = v128.load_splat<f32>(a, 12);
      c30 = f32x4.add(c30, f32x4.mul(x, d0));
      c31 = f32x4.add(c31, f32x4.mul(x, d1));
      a += 16;
      d += 32;
    }
    // A shard of an odd number ends as many blocks as its number has ones at its end.
    let level = levels;
    for (let halves = shard; halves & 1; halves >>= 1) {
      c00 = f32x4.add(v128.load(level), c00);
      c01 = f32x4.add(v128.load(level, 16), c01);
      c10 = f32x4.add(v128.load(level, 32), c10);
      c11 = f32x4.add(v128.load(level, 48), c11);
      c20 = f32x4.add(v128.load(level, 64), c20);
      c21 = f32x4.add(v128.load(level, 80), c21);
      c30 = f32x4.add(v128.load(level, 96), c30);
      c31 = f32x4.add(v128.load(level, 112), c31);
      level += LEVEL;
    }
    if (shard + 1 < shards) {
      v128.store(level, c00);
      v128.store(level, c01, 16);
      v128.store(level, c10, 32);
      v128.store(level, c11, 48);
      v128.store(level, c20, 64);
      v128.store(level, c21, 80);
      v128.store(level, c30, 96);
      v128.store(level, c31, 112);
    }
  }
  store4(out, c00, r0);
  if (r1 > 0) store4(out + 16, c01, r1);
  if (m > 1) {
    store4(o1, c10, r0);
    if (r1 > 0) store4(o1 + 16, c11, r1);
  }
  if (m > 2) {
    store4(o2, c20, r0);
    if (r1 > 0) store4(o2 + 16, c21, r1);
  }
  if (m > 3) {
    store4(o3, c30, r0);
    if (r1 > 0) store4(o3 + 16, c31, r1);
  }
}

/** All tiles of the result over `rows` packed rows. */
function tiles(
  out: usize, aPanels: usize, dPanels: usize, m: i32, p: i32, rows: i32, isFirst: bool,
  starts: usize, shards: i32, rowsOfSample: i32, levels: usize,
): void {
  const outRow = <usize>p << 2;
  const unit = starts ? rowsOfSample : rows;
  for (let j = 0; j < p; j += 8) {
    const n = min(p - j, 8);
    const d = dPanels + (<usize>(j * rows) << 2);
    for (let i = 0; i < m; i += 4) {
      const to = out + <usize>i * outRow + (<usize>j << 2);
      const a = aPanels + (<usize>(i * rows) << 2);
      if (n == 8 && m - i >= 4) {
        tile(to, a, d, unit, outRow, 4, 8, isFirst, starts, shards, levels);
      } else {
        tile(to, a, d, unit, outRow, min(m - i, 4), n, isFirst, starts, shards, levels);
      }
    }
  }
}

export function matmulTransposed(
  out: usize, a: usize, d: usize, m: i32, p: i32, rows: i32, scratch: usize,
): void {
  if (rows <= FEW_ROWS) {
    matmul(out, a, d, m, p, rows, 1, m, 1, 0, 0, 0);
    return;
  }
  const aRow = <usize>m << 2;
  const dRow = <usize>p << 2;
  const aPanels = scratch;
  const dPanels = scratch + (<usize>(((m + 3) & ~3) * BLOCK_ROWS) << 2);
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const count = min(rows - first, BLOCK_ROWS);
    packBlock(aPanels, a + <usize>first * aRow, count, m, aRow, 4);
    packBlock(dPanels, d + <usize>first * dRow, count, p, dRow, 8);
    tiles(out, aPanels, dPanels, m, p, count, first == 0, 0, 1, 1, 0);
  }
}

export function treeMatmulTransposed(
  out: usize, a: usize, d: usize, m: i32, p: i32, starts: usize, shards: i32, rowsOfSample: i32,
  scratch: usize,
): void {
  const rows = rowsOfSample * load<i32>(starts + (<usize>shards << 2));
  const levels = scratch;
  const aPanels = scratch + MOST_LEVELS * LEVEL;
  const dPanels = aPanels + (<usize>(((m + 3) & ~3) * rows) << 2);
  packBlock(aPanels, a, rows, m, <usize>m << 2, 4);
  packBlock(dPanels, d, rows, p, <usize>p << 2, 8);
  tiles(out, aPanels, dPanels, m, p, rows, true, starts, shards, rowsOfSample, levels);
}
