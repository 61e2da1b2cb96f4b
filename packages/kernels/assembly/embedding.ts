// Rows of a table by whole numbers, and what a table's rows get back. Numbers outside of the table have a row of zeros, and
// give nothing back: no number leads outside of the table.
import { load4, store4 } from './lanes';

export function embedding(out: usize, tokens: usize, table: usize, count: i32, vocabulary: i32, size: i32): void {
  const bytes = <usize>size << 2;
  for (let i = 0; i < count; ++i) {
    const token = i32.load(tokens);
    if (<u32>token < <u32>vocabulary) memory.copy(out, table + <usize>token * bytes, bytes);
    else memory.fill(out, 0, bytes);
    tokens += 4;
    out += bytes;
  }
}

/** Adds the rows of a chain, which begins at row `first` of d, to r floats at out. `next` has 1 more than the row; 0 ends it. */
// @ts-ignore: decorator
@inline
function addChain(out: usize, d: usize, next: usize, first: i32, stride: usize, r: i32): void {
  let sum = load4(d + <usize>first * stride, r);
  for (let q = i32.load(next + (<usize>first << 2)); q; q = i32.load(next + (<usize>(q - 1) << 2))) {
    sum = f32x4.add(sum, load4(d + <usize>(q - 1) * stride, r));
  }
  store4(out, f32x4.add(load4(out, r), sum), r);
}

/** The same for sixteen floats, a cache line, at a time. */
// @ts-ignore: decorator
@inline
function addChain16(out: usize, d: usize, next: usize, first: i32, stride: usize): void {
  let p = d + <usize>first * stride;
  let s0 = v128.load(p), s1 = v128.load(p, 16), s2 = v128.load(p, 32), s3 = v128.load(p, 48);
  for (let q = i32.load(next + (<usize>first << 2)); q; q = i32.load(next + (<usize>(q - 1) << 2))) {
    p = d + <usize>(q - 1) * stride;
    s0 = f32x4.add(s0, v128.load(p));
    s1 = f32x4.add(s1, v128.load(p, 16));
    s2 = f32x4.add(s2, v128.load(p, 32));
    s3 = f32x4.add(s3, v128.load(p, 48));
  }
  v128.store(out, f32x4.add(v128.load(out), s0));
  v128.store(out, f32x4.add(v128.load(out, 16), s1), 16);
  v128.store(out, f32x4.add(v128.load(out, 32), s2), 32);
  v128.store(out, f32x4.add(v128.load(out, 48), s3), 48);
}

export function embeddingGrad(
  own: usize, out: usize, links: usize, tokens: usize, d: usize, count: i32, vocabulary: i32, size: i32, skipped: i32,
): void {
  const stride = <usize>size << 2;
  if (own == out) memory.fill(out, 0, <usize>vocabulary * stride);
  const heads = links;
  const next = links + (<usize>vocabulary << 2);
  memory.fill(heads, 0, <usize>vocabulary << 2);
  for (let i = count - 1; i >= 0; --i) {
    const token = i32.load(tokens + (<usize>i << 2));
    if (<u32>token >= <u32>vocabulary || token == skipped) continue;
    const head = heads + (<usize>token << 2);
    i32.store(next + (<usize>i << 2), i32.load(head));
    i32.store(head, i + 1);
  }
  for (let i = 0; i < count; ++i) {
    const token = i32.load(tokens + (<usize>i << 2));
    if (<u32>token >= <u32>vocabulary || token == skipped) continue;
    if (i32.load(heads + (<usize>token << 2)) != i + 1) continue;
    let row = out + <usize>token * stride;
    let from = d;
    let j = size;
    for (; j >= 16; j -= 16) {
      addChain16(row, from, next, i, stride);
      row += 64;
      from += 64;
    }
    for (; j >= 4; j -= 4) {
      addChain(row, from, next, i, stride, 4);
      row += 16;
      from += 16;
    }
    if (j) addChain(row, from, next, i, stride, j);
  }
}
