// Strided reads over [d0, d1, d2, d3]: the copy, and add, sub, mul, div with broadcasting.
// `out` is contiguous; strides are in elements and 0 repeats. Every loop form computes an element
// with the same vector instruction, so strides choose the speed, never the bits.
import { gather4, load4, store4 } from './lanes';

class First { @inline of(a: v128, b: v128): v128 { return a; } }
class Add { @inline of(a: v128, b: v128): v128 { return f32x4.add(a, b); } }
class Sub { @inline of(a: v128, b: v128): v128 { return f32x4.sub(a, b); } }
class Mul { @inline of(a: v128, b: v128): v128 { return f32x4.mul(a, b); } }
class Div { @inline of(a: v128, b: v128): v128 { return f32x4.div(a, b); } }

// @ts-ignore: decorator
@inline
function rowAt<OP>(
  out: usize, a: usize, b: usize, i: usize, as: usize, bs: usize, aKind: i32, bKind: i32, r: i32,
): void {
  const x = aKind == 1 ? load4(a + i, r) : aKind == 0 ? v128.load_splat<f32>(a) : gather4(a, as, r);
  const y = bKind == 1 ? load4(b + i, r) : bKind == 0 ? v128.load_splat<f32>(b) : gather4(b, bs, r);
  store4(out + i, changetype<OP>(0).of(x, y), r);
}

// @ts-ignore: decorator
@inline
function row<OP>(
  out: usize, a: usize, b: usize, n: i32, as: usize, bs: usize, aKind: i32, bKind: i32,
): void {
  const body = <usize>(n >> 2) << 4;
  let i: usize = 0;
  for (; i < body; i += 16) {
    rowAt<OP>(out, a, b, i, as, bs, aKind, bKind, 4);
    if (aKind == 2) a += as << 2;
    if (bKind == 2) b += bs << 2;
  }
  if (n & 3) rowAt<OP>(out, a, b, i, as, bs, aKind, bKind, n & 3);
}

/** One output row of n; as and bs are the inputs' strides in bytes. */
function anyRow<OP>(out: usize, a: usize, b: usize, n: i32, as: usize, bs: usize): void {
  if (as == 4 && bs == 4) row<OP>(out, a, b, n, as, bs, 1, 1);
  else if (as == 4 && bs == 0) row<OP>(out, a, b, n, as, bs, 1, 0);
  else if (as == 0 && bs == 4) row<OP>(out, a, b, n, as, bs, 0, 1);
  else if (as == 0 && bs == 0) row<OP>(out, a, b, n, as, bs, 0, 0);
  else row<OP>(out, a, b, n, as, bs, 2, 2);
}

function zip<OP>(
  out: usize, a: usize, b: usize,
  d0: i32, d1: i32, d2: i32, d3: i32,
  as0: i32, as1: i32, as2: i32, as3: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32,
): void {
  // Dimensions that lie end to end in both inputs (or are 1) become one, so that rows are long.
  for (let merges = 0; merges < 3; ++merges) {
    if (d3 == 1) {
      as3 = as2;
      bs3 = bs2;
    } else if (d2 != 1 && (as2 != as3 * d3 || bs2 != bs3 * d3)) break;
    d3 *= d2;
    d2 = d1; as2 = as1; bs2 = bs1;
    d1 = d0; as1 = as0; bs1 = bs0;
    d0 = 1;
  }
  for (let i = 0; i < d0; ++i) {
    for (let j = 0; j < d1; ++j) {
      let x = a + (<usize>(i * as0 + j * as1) << 2);
      let y = b + (<usize>(i * bs0 + j * bs1) << 2);
      for (let k = 0; k < d2; ++k) {
        anyRow<OP>(out, x, y, d3, <usize>as3 << 2, <usize>bs3 << 2);
        out += <usize>d3 << 2;
        x += <usize>as2 << 2;
        y += <usize>bs2 << 2;
      }
    }
  }
}

/** Four rows, `aRow` bytes apart, become four columns. */
// @ts-ignore: decorator
@inline
function transpose4x4(out: usize, a: usize, outRow: usize, aRow: usize): void {
  const r0 = v128.load(a), r1 = v128.load(a + aRow);
  const r2 = v128.load(a + 2 * aRow), r3 = v128.load(a + 3 * aRow);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f64>(low01, low23, 0, 2));
  v128.store(out + outRow, v128.shuffle<f64>(low01, low23, 1, 3));
  v128.store(out + 2 * outRow, v128.shuffle<f64>(high01, high23, 0, 2));
  v128.store(out + 3 * outRow, v128.shuffle<f64>(high01, high23, 1, 3));
}

/** Columns and rows of a block: full cache lines on both sides. */
const BLOCK = 16;

/** out [columns, rows] from a [rows, columns], both multiples of 4; a's rows are `aRow` bytes apart. */
function transpose(out: usize, a: usize, columns: i32, rows: i32, aRow: usize): void {
  const outRow = <usize>rows << 2;
  for (let column = 0; column < columns; column += BLOCK) {
    const endColumn = min(column + BLOCK, columns);
    for (let row = 0; row < rows; row += BLOCK) {
      const endRow = min(row + BLOCK, rows);
      for (let c = column; c < endColumn; c += 4) {
        for (let r = row; r < endRow; r += 4) {
          const to = out + <usize>c * outRow + (<usize>r << 2);
          transpose4x4(to, a + <usize>r * aRow + (<usize>c << 2), outRow, aRow);
        }
      }
    }
  }
}

export function copyStrided(
  out: usize, a: usize, d0: i32, d1: i32, d2: i32, d3: i32, s0: i32, s1: i32, s2: i32, s3: i32,
): void {
  if (d0 == 1 && d1 == 1 && s2 == 1 && s3 != 1 && !((d2 | d3) & 3)) {
    transpose(out, a, d2, d3, <usize>s3 << 2);
    return;
  }
  zip<First>(out, a, a, d0, d1, d2, d3, s0, s1, s2, s3, s0, s1, s2, s3);
}

export function add(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, bs0: i32, bs1: i32, bs2: i32, bs3: i32,
): void {
  zip<Add>(out, a, b, d0, d1, d2, d3, as0, as1, as2, as3, bs0, bs1, bs2, bs3);
}

export function sub(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, bs0: i32, bs1: i32, bs2: i32, bs3: i32,
): void {
  zip<Sub>(out, a, b, d0, d1, d2, d3, as0, as1, as2, as3, bs0, bs1, bs2, bs3);
}

export function mul(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, bs0: i32, bs1: i32, bs2: i32, bs3: i32,
): void {
  zip<Mul>(out, a, b, d0, d1, d2, d3, as0, as1, as2, as3, bs0, bs1, bs2, bs3);
}

export function div(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, bs0: i32, bs1: i32, bs2: i32, bs3: i32,
): void {
  zip<Div>(out, a, b, d0, d1, d2, d3, as0, as1, as2, as3, bs0, bs1, bs2, bs3);
}

export function placeRows(out: usize, a: usize, rows: i32, n: i32, stride: i32): void {
  for (let row = 0; row < rows; ++row) {
    memory.copy(out, a, <usize>n << 2);
    out += <usize>stride << 2;
    a += <usize>n << 2;
  }
}
