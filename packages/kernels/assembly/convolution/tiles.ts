// out[row, position] = Σ over taps of weight[row, tap] image[position + offset of the tap]: one accumulator from +0 for each
// element, taps in order, mul, then add; then the row's bias. So every tile gives the same bits. Four positions that
// are neighbours in a row are a vector; vectors of a tile lie anywhere.
// Weights lie as tiles read them: for each block of up to four rows, for each tap, its offset in bytes and four weights.

/** Bytes of a tap in a block. */
export const TAP: usize = 20;

/** The first r lanes (1 to 4) of v, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function put(at: usize, v: v128, r: i32, step: usize): void {
  if (r == 4 && step == 4) v128.store(at, v);
  else putLanes(at, v, r, step);
}

function putLanes(at: usize, v: v128, r: i32, step: usize): void {
  v128.store_lane<f32>(at, v, 0);
  if (r > 1) v128.store_lane<f32>(at + step, v, 1);
  if (r > 2) v128.store_lane<f32>(at + 2 * step, v, 2);
  if (r > 3) v128.store_lane<f32>(at + 3 * step, v, 3);
}

/** Four rows of two vectors. b0 and b1 are where the vectors are read, o0 and o1 where row 0 is written. */
// @ts-ignore: decorator
@inline
function tile4x2(
  o0: usize, o1: usize, b0: usize, b1: usize, tap: usize, end: usize, bias: usize, row: usize,
  r: i32, step: usize,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (; tap < end; tap += TAP) {
    const offset = <usize>load<u32>(tap);
    const x0 = v128.load(b0 + offset);
    const x1 = v128.load(b1 + offset);
    let w = v128.load_splat<f32>(tap, 4);
    c00 = f32x4.add(c00, f32x4.mul(w, x0));
    c01 = f32x4.add(c01, f32x4.mul(w, x1));
    w = v128.load_splat<f32>(tap, 8);
    c10 = f32x4.add(c10, f32x4.mul(w, x0));
    c11 = f32x4.add(c11, f32x4.mul(w, x1));
    w = v128.load_splat<f32>(tap, 12);
    c20 = f32x4.add(c20, f32x4.mul(w, x0));
    c21 = f32x4.add(c21, f32x4.mul(w, x1));
    w = v128.load_splat<f32>(tap, 16);
    c30 = f32x4.add(c30, f32x4.mul(w, x0));
    c31 = f32x4.add(c31, f32x4.mul(w, x1));
  }
  if (bias) {
    let y = v128.load_splat<f32>(bias);
    c00 = f32x4.add(c00, y);
    c01 = f32x4.add(c01, y);
    y = v128.load_splat<f32>(bias, 4);
    c10 = f32x4.add(c10, y);
    c11 = f32x4.add(c11, y);
    y = v128.load_splat<f32>(bias, 8);
    c20 = f32x4.add(c20, y);
    c21 = f32x4.add(c21, y);
    y = v128.load_splat<f32>(bias, 12);
    c30 = f32x4.add(c30, y);
    c31 = f32x4.add(c31, y);
  }
  put(o0, c00, r, step);
  put(o1, c01, r, step);
  o0 += row; o1 += row;
  put(o0, c10, r, step);
  put(o1, c11, r, step);
  o0 += row; o1 += row;
  put(o0, c20, r, step);
  put(o1, c21, r, step);
  o0 += row; o1 += row;
  put(o0, c30, r, step);
  put(o1, c31, r, step);
}

// @ts-ignore: decorator
@inline
function tile3x2(
  o0: usize, o1: usize, b0: usize, b1: usize, tap: usize, end: usize, bias: usize, row: usize,
  r: i32, step: usize,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  for (; tap < end; tap += TAP) {
    const offset = <usize>load<u32>(tap);
    const x0 = v128.load(b0 + offset);
    const x1 = v128.load(b1 + offset);
    let w = v128.load_splat<f32>(tap, 4);
    c00 = f32x4.add(c00, f32x4.mul(w, x0));
    c01 = f32x4.add(c01, f32x4.mul(w, x1));
    w = v128.load_splat<f32>(tap, 8);
    c10 = f32x4.add(c10, f32x4.mul(w, x0));
    c11 = f32x4.add(c11, f32x4.mul(w, x1));
    w = v128.load_splat<f32>(tap, 12);
    c20 = f32x4.add(c20, f32x4.mul(w, x0));
    c21 = f32x4.add(c21, f32x4.mul(w, x1));
  }
  if (bias) {
    let y = v128.load_splat<f32>(bias);
    c00 = f32x4.add(c00, y);
    c01 = f32x4.add(c01, y);
    y = v128.load_splat<f32>(bias, 4);
    c10 = f32x4.add(c10, y);
    c11 = f32x4.add(c11, y);
    y = v128.load_splat<f32>(bias, 8);
    c20 = f32x4.add(c20, y);
    c21 = f32x4.add(c21, y);
  }
  put(o0, c00, r, step);
  put(o1, c01, r, step);
  o0 += row; o1 += row;
  put(o0, c10, r, step);
  put(o1, c11, r, step);
  o0 += row; o1 += row;
  put(o0, c20, r, step);
  put(o1, c21, r, step);
}

/** One or two rows of four vectors, whose places `ins` and `outs` list. */
// @ts-ignore: decorator
@inline
function tileRx4(
  out: usize, image: usize, ins: usize, outs: usize, tap: usize, end: usize, bias: usize,
  rows: i32, row: usize, r: i32, step: usize,
): void {
  const b0 = image + load<u32>(ins), b1 = image + load<u32>(ins, 4);
  const b2 = image + load<u32>(ins, 8), b3 = image + load<u32>(ins, 12);
  let c00 = f32x4.splat(0), c01 = c00, c02 = c00, c03 = c00;
  let c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  for (; tap < end; tap += TAP) {
    const offset = <usize>load<u32>(tap);
    const x0 = v128.load(b0 + offset);
    const x1 = v128.load(b1 + offset);
    const x2 = v128.load(b2 + offset);
    const x3 = v128.load(b3 + offset);
    let w = v128.load_splat<f32>(tap, 4);
    c00 = f32x4.add(c00, f32x4.mul(w, x0));
    c01 = f32x4.add(c01, f32x4.mul(w, x1));
    c02 = f32x4.add(c02, f32x4.mul(w, x2));
    c03 = f32x4.add(c03, f32x4.mul(w, x3));
    if (rows == 2) {
      w = v128.load_splat<f32>(tap, 8);
      c10 = f32x4.add(c10, f32x4.mul(w, x0));
      c11 = f32x4.add(c11, f32x4.mul(w, x1));
      c12 = f32x4.add(c12, f32x4.mul(w, x2));
      c13 = f32x4.add(c13, f32x4.mul(w, x3));
    }
  }
  if (bias) {
    let y = v128.load_splat<f32>(bias);
    c00 = f32x4.add(c00, y);
    c01 = f32x4.add(c01, y);
    c02 = f32x4.add(c02, y);
    c03 = f32x4.add(c03, y);
    if (rows == 2) {
      y = v128.load_splat<f32>(bias, 4);
      c10 = f32x4.add(c10, y);
      c11 = f32x4.add(c11, y);
      c12 = f32x4.add(c12, y);
      c13 = f32x4.add(c13, y);
    }
  }
  const o0 = out + load<u32>(outs), o1 = out + load<u32>(outs, 4);
  const o2 = out + load<u32>(outs, 8), o3 = out + load<u32>(outs, 12);
  put(o0, c00, r, step);
  put(o1, c01, r, step);
  put(o2, c02, r, step);
  put(o3, c03, r, step);
  if (rows == 2) {
    put(o0 + row, c10, r, step);
    put(o1 + row, c11, r, step);
    put(o2 + row, c12, r, step);
    put(o3 + row, c13, r, step);
  }
}

/** Rows of the next block, where so many are left: four, but five are three and two, and six twice three. */
// @ts-ignore: decorator
@inline
export function blockRows(left: i32): i32 {
  return left == 5 || left == 6 ? 3 : min(left, 4);
}

/** Rows that blocks of three and four leave: none, one or two. */
// @ts-ignore: decorator
@inline
function narrowRows(rows: i32): i32 {
  return rows < 3 ? rows : (rows & 3) == 1 ? 2 : 0;
}

/**
 * All rows at `count` vectors, a multiple of four.
 *
 * taps: of each row; ins, outs: for each vector where it is read and written, in bytes
 * row: bytes from one row of out to the next; r, step: lanes of a vector that are written, and bytes between them
 */
export function runTiles(
  out: usize, image: usize, weights: usize, taps: i32, rows: i32, bias: usize,
  ins: usize, outs: usize, count: i32, row: usize, r: i32, step: usize,
): void {
  const size = <usize>taps * TAP;
  const narrow = narrowRows(rows);
  const last = ins + (<usize>count << 2);
  let w = weights, b = bias, o = out;
  if (rows > narrow) {
    for (let v = ins, u = outs; v < last; v += 8, u += 8) {
      const b0 = image + load<u32>(v), b1 = image + load<u32>(v, 4);
      const u0 = load<u32>(u), u1 = load<u32>(u, 4);
      w = weights;
      b = bias;
      o = out;
      for (let left = rows; left > narrow; ) {
        const n = blockRows(left);
        if (n == 4) tile4x2(o + u0, o + u1, b0, b1, w, w + size, b, row, r, step);
        else tile3x2(o + u0, o + u1, b0, b1, w, w + size, b, row, r, step);
        w += size;
        if (b) b += <usize>n << 2;
        o += <usize>n * row;
        left -= n;
      }
    }
  }
  if (narrow == 2) {
    for (let v = ins, u = outs; v < last; v += 16, u += 16) {
      tileRx4(o, image, v, u, w, w + size, b, 2, row, r, step);
    }
  } else if (narrow == 1) {
    for (let v = ins, u = outs; v < last; v += 16, u += 16) {
      tileRx4(o, image, v, u, w, w + size, b, 1, row, r, step);
    }
  }
}

/**
 * Lists the vectors of rows × cols positions.
 *
 * pitch: bytes from one row to the next where they are read; outRow, step: where they are written, and between neighbours
 * A row's last vector ends where the row ends, so that neighbours are computed twice rather than others written.
 * @returns how many, the last one repeated up to a multiple of four
 */
export function listVectors(
  ins: usize, outs: usize, rows: i32, cols: i32, pitch: i32, outRow: i32, step: i32,
): i32 {
  let count = 0;
  let from = 0, to = 0;
  for (let i = 0; i < rows; ++i) {
    for (let j = 0; j < cols; j += 4) {
      const first = max(0, min(j, cols - 4));
      from = i * pitch + (first << 2);
      to = i * outRow + first * step;
      store<i32>(ins + (<usize>count << 2), from);
      store<i32>(outs + (<usize>count << 2), to);
      ++count;
    }
  }
  for (; count & 3; ++count) {
    store<i32>(ins + (<usize>count << 2), from);
    store<i32>(outs + (<usize>count << 2), to);
  }
  return count;
}
