// Strided reads over [d0, ..., d5]: the copy, and add, sub, mul, div with broadcasting.
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

export function zip<OP>(
  out: usize, a: usize, b: usize,
  d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, as4: i32, as5: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32, bs4: i32, bs5: i32,
): void {
  // As most tensors of a small network are.
  if (d0 == 1 && d1 == 1 && d2 == 1 && d3 == 1 && d4 == 1) {
    anyRow<OP>(out, a, b, d5, <usize>as5 << 2, <usize>bs5 << 2);
    return;
  }
  // Dimensions that lie end to end in both inputs (or are 1) become one, so that rows are long.
  for (let merges = 0; merges < 5; ++merges) {
    if (d5 == 1) {
      as5 = as4;
      bs5 = bs4;
    } else if (d4 != 1 && (as4 != as5 * d5 || bs4 != bs5 * d5)) break;
    d5 *= d4;
    d4 = d3; as4 = as3; bs4 = bs3;
    d3 = d2; as3 = as2; bs3 = bs2;
    d2 = d1; as2 = as1; bs2 = bs1;
    d1 = d0; as1 = as0; bs1 = bs0;
    d0 = 1;
  }
  for (let i = 0; i < d0; ++i) {
    for (let j = 0; j < d1; ++j) {
      for (let k = 0; k < d2; ++k) {
        const x2 = a + (<usize>(i * as0 + j * as1 + k * as2) << 2);
        const y2 = b + (<usize>(i * bs0 + j * bs1 + k * bs2) << 2);
        for (let l = 0; l < d3; ++l) {
          let x = x2 + (<usize>(l * as3) << 2);
          let y = y2 + (<usize>(l * bs3) << 2);
          for (let m = 0; m < d4; ++m) {
            anyRow<OP>(out, x, y, d5, <usize>as5 << 2, <usize>bs5 << 2);
            out += <usize>d5 << 2;
            x += <usize>as4 << 2;
            y += <usize>bs4 << 2;
          }
        }
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

/** out [columns, rows] from a [rows, columns], at least four of each; a's rows are `aRow` bytes apart. */
function transpose(out: usize, a: usize, columns: i32, rows: i32, aRow: usize): void {
  const outRow = <usize>rows << 2;
  const wholeColumns = columns & ~3, wholeRows = rows & ~3;
  for (let column = 0; column < wholeColumns; column += BLOCK) {
    const endColumn = min(column + BLOCK, wholeColumns);
    for (let row = 0; row < wholeRows; row += BLOCK) {
      const endRow = min(row + BLOCK, wholeRows);
      for (let c = column; c < endColumn; c += 4) {
        for (let r = row; r < endRow; r += 4) {
          const to = out + <usize>c * outRow + (<usize>r << 2);
          transpose4x4(to, a + <usize>r * aRow + (<usize>c << 2), outRow, aRow);
        }
      }
    }
  }
  for (let r = wholeRows; r < rows; ++r) {
    const from = a + <usize>r * aRow;
    for (let c = 0; c < wholeColumns; ++c) {
      store<i32>(out + <usize>c * outRow + (<usize>r << 2), load<i32>(from + (<usize>c << 2)));
    }
  }
  for (let c = wholeColumns; c < columns; ++c) {
    const from = a + (<usize>c << 2);
    anyRow<First>(out + <usize>c * outRow, from, from, rows, aRow, aRow);
  }
}

export function copyStrided(
  out: usize, a: usize, d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  s0: i32, s1: i32, s2: i32, s3: i32, s4: i32, s5: i32,
): void {
  if (s4 != 1 || s5 == 1 || s5 == 0 || d4 < 4 || d5 < 4) {
    zip<First>(
      out, a, a, d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, s0, s1, s2, s3, s4, s5,
    );
    return;
  }
  for (let i = 0; i < d0; ++i) {
    for (let j = 0; j < d1; ++j) {
      for (let k = 0; k < d2; ++k) {
        for (let l = 0; l < d3; ++l) {
          const from = a + (<usize>(i * s0 + j * s1 + k * s2 + l * s3) << 2);
          transpose(out, from, d4, d5, <usize>s5 << 2);
          out += <usize>d4 * <usize>d5 << 2;
        }
      }
    }
  }
}

export function add(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, as4: i32, as5: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32, bs4: i32, bs5: i32,
): void {
  zip<Add>(
    out, a, b, d0, d1, d2, d3, d4, d5, as0, as1, as2, as3, as4, as5, bs0, bs1, bs2, bs3, bs4, bs5,
  );
}

export function sub(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, as4: i32, as5: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32, bs4: i32, bs5: i32,
): void {
  zip<Sub>(
    out, a, b, d0, d1, d2, d3, d4, d5, as0, as1, as2, as3, as4, as5, bs0, bs1, bs2, bs3, bs4, bs5,
  );
}

export function mul(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, as4: i32, as5: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32, bs4: i32, bs5: i32,
): void {
  zip<Mul>(
    out, a, b, d0, d1, d2, d3, d4, d5, as0, as1, as2, as3, as4, as5, bs0, bs1, bs2, bs3, bs4, bs5,
  );
}

export function div(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, as4: i32, as5: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32, bs4: i32, bs5: i32,
): void {
  zip<Div>(
    out, a, b, d0, d1, d2, d3, d4, d5, as0, as1, as2, as3, as4, as5, bs0, bs1, bs2, bs3, bs4, bs5,
  );
}

export function placeRows(out: usize, a: usize, rows: i32, n: i32, stride: i32): void {
  for (let row = 0; row < rows; ++row) {
    memory.copy(out, a, <usize>n << 2);
    out += <usize>stride << 2;
    a += <usize>n << 2;
  }
}
