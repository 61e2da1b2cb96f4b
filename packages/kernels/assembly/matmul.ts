// out[m, p] = A[m, k] B[k, p], batched. Each output element has one accumulator that starts at +0 and
// takes a[i, kk] * b[kk, j] for kk ascending: mul, then add, nothing fused or skipped. So every tile
// shape gives the bits of the plain triple loop, and tiles are chosen for speed alone.
import { load4, store4 } from './lanes';

/** Four rows by eight columns. aRow, aCol, bRow and outRow are strides in bytes, as in all tiles. */
// @ts-ignore: decorator
@inline
export function tile4x8(
  out: usize, a: usize, b: usize, k: i32, aRow: usize, aCol: usize, bRow: usize, outRow: usize,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  let a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
  for (; k > 0; --k) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a1);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a2);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a3);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    a += aCol;
    a1 += aCol;
    a2 += aCol;
    a3 += aCol;
    b += bRow;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  out += outRow;
  v128.store(out, c10);
  v128.store(out, c11, 16);
  out += outRow;
  v128.store(out, c20);
  v128.store(out, c21, 16);
  out += outRow;
  v128.store(out, c30);
  v128.store(out, c31, 16);
}

// @ts-ignore: decorator
@inline
function tile1x8(out: usize, a: usize, b: usize, k: i32, aCol: usize, bRow: usize): void {
  let c0 = f32x4.splat(0), c1 = c0;
  for (; k > 0; --k) {
    const x = v128.load_splat<f32>(a);
    c0 = f32x4.add(c0, f32x4.mul(x, v128.load(b)));
    c1 = f32x4.add(c1, f32x4.mul(x, v128.load(b, 16)));
    a += aCol;
    b += bRow;
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
}

/** Four rows by r columns, r in 1 to 4. */
// @ts-ignore: decorator
@inline
function tile4xr(
  out: usize, a: usize, b: usize, k: i32, aRow: usize, aCol: usize, bRow: usize, r: i32,
): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  let a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
  for (; k > 0; --k) {
    const y = load4(b, r);
    c0 = f32x4.add(c0, f32x4.mul(v128.load_splat<f32>(a), y));
    c1 = f32x4.add(c1, f32x4.mul(v128.load_splat<f32>(a1), y));
    c2 = f32x4.add(c2, f32x4.mul(v128.load_splat<f32>(a2), y));
    c3 = f32x4.add(c3, f32x4.mul(v128.load_splat<f32>(a3), y));
    a += aCol;
    a1 += aCol;
    a2 += aCol;
    a3 += aCol;
    b += bRow;
  }
  store4(out, c0, r);
  store4(out + bRow, c1, r);
  store4(out + 2 * bRow, c2, r);
  store4(out + 3 * bRow, c3, r);
}

// @ts-ignore: decorator
@inline
function tile1xr(out: usize, a: usize, b: usize, k: i32, aCol: usize, bRow: usize, r: i32): void {
  let c = f32x4.splat(0);
  for (; k > 0; --k) {
    c = f32x4.add(c, f32x4.mul(v128.load_splat<f32>(a), load4(b, r)));
    a += aCol;
    b += bRow;
  }
  store4(out, c, r);
}

function panel8(
  out: usize, a: usize, b: usize, m: i32, k: i32, aRow: usize, aCol: usize, bRow: usize,
  outRow: usize,
): void {
  for (; m >= 4; m -= 4) {
    tile4x8(out, a, b, k, aRow, aCol, bRow, outRow);
    a += aRow << 2;
    out += outRow << 2;
  }
  for (; m > 0; --m) {
    tile1x8(out, a, b, k, aCol, bRow);
    a += aRow;
    out += outRow;
  }
}

/** Rows of b that are packed together: in each panel they are one piece of eight cache lines. */
const PACK_ROWS = 16;

export function packPanels(out: usize, b: usize, k: i32, p: i32): void {
  const bRow = <usize>p << 2;
  const wide = <usize>(p >> 3) << 5;
  const panel = <usize>k << 5;
  for (; k > 0; k -= PACK_ROWS) {
    const rows = k < PACK_ROWS ? k : PACK_ROWS;
    let to = out;
    for (let j: usize = 0; j < wide; j += 32) {
      let from = b + j;
      for (let row: usize = 0; row < <usize>rows << 5; row += 32) {
        v128.store(to + row, v128.load(from));
        v128.store(to + row, v128.load(from, 16), 16);
        from += bRow;
      }
      to += panel;
    }
    b += <usize>PACK_ROWS * bRow;
    out += <usize>PACK_ROWS << 5;
  }
}

/** B of at most this many bytes stays in a cache while all rows of A pass by. */
const SMALL_B: usize = 128 * 1024;

/** Full panels of eight columns, in the order that touches memory least. */
// @ts-ignore: decorator
@inline
function panels8(
  out: usize, a: usize, b: usize, m: i32, k: i32, aRow: usize, aCol: usize, bRow: usize,
  wide: usize, panels: usize,
): void {
  if (panels) {
    for (let j: usize = 0; j < wide; j += 32) {
      panel8(out + j, a, panels + j * k, m, k, aRow, aCol, 32, bRow);
    }
  } else if (<usize>k * bRow <= SMALL_B) {
    // Few terms: rows of the result are written whole, one block of four after another.
    for (; m >= 4; m -= 4) {
      for (let j: usize = 0; j < wide; j += 32) {
        tile4x8(out + j, a, b + j, k, aRow, aCol, bRow, bRow);
      }
      a += aRow << 2;
      out += bRow << 2;
    }
    for (; m > 0; --m) {
      for (let j: usize = 0; j < wide; j += 32) tile1x8(out + j, a, b + j, k, aCol, bRow);
      a += aRow;
      out += bRow;
    }
  } else {
    for (let j: usize = 0; j < wide; j += 32) {
      panel8(out + j, a, b + j, m, k, aRow, aCol, bRow, bRow);
    }
  }
}

// @ts-ignore: decorator
@inline
function panelR(
  out: usize, a: usize, b: usize, m: i32, k: i32, aRow: usize, aCol: usize, bRow: usize, r: i32,
): void {
  for (; m >= 4; m -= 4) {
    tile4xr(out, a, b, k, aRow, aCol, bRow, r);
    a += aRow << 2;
    out += bRow << 2;
  }
  for (; m > 0; --m) {
    tile1xr(out, a, b, k, aCol, bRow, r);
    a += aRow;
    out += bRow;
  }
}

export function matmul(
  out: usize, a: usize, b: usize, m: i32, p: i32, k: i32,
  aRowStride: i32, aColStride: i32, batch: i32, aBatchStride: i32, bBatchStride: i32,
  panels: usize,
): void {
  const aRow = <usize>aRowStride << 2;
  const aCol = <usize>aColStride << 2;
  const bRow = <usize>p << 2;
  const r = p & 3;
  for (let i = 0; i < batch; ++i) {
    let j: usize = 0;
    const wide = <usize>(p >> 3) << 5;
    panels8(out, a, b, m, k, aRow, aCol, bRow, wide, panels);
    j = wide;
    if (p & 4) {
      panelR(out + j, a, b + j, m, k, aRow, aCol, bRow, 4);
      j += 16;
    }
    if (r == 1) panelR(out + j, a, b + j, m, k, aRow, aCol, bRow, 1);
    else if (r == 2) panelR(out + j, a, b + j, m, k, aRow, aCol, bRow, 2);
    else if (r == 3) panelR(out + j, a, b + j, m, k, aRow, aCol, bRow, 3);
    out += <usize>m * bRow;
    a += <usize>aBatchStride << 2;
    b += <usize>bBatchStride << 2;
  }
}

export function matmulBroadcast(
  out: usize, a: usize, b: usize, m: i32, p: i32, k: i32, d0: i32, d1: i32, d2: i32, d3: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, bs0: i32, bs1: i32, bs2: i32, bs3: i32,
): void {
  const run = <usize>d3 * <usize>m * <usize>p << 2;
  for (let i = 0; i < d0; ++i) {
    for (let j = 0; j < d1; ++j) {
      for (let l = 0; l < d2; ++l) {
        const x = a + (<usize>(i * as0 + j * as1 + l * as2) << 2);
        const y = b + (<usize>(i * bs0 + j * bs1 + l * bs2) << 2);
        matmul(out, x, y, m, p, k, k, 1, d3, as3, bs3, 0);
        out += run;
      }
    }
  }
}
