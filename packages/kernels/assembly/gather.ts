// Rows along one axis by numbers, and what the axis gets back: x is [outer, length, inner], and each of outer has its own numbers, or
// all have the same. A number that is no row of the axis has a row of zeros, and gives nothing back: none leads outside of the tensor.
import { load4, store4 } from './lanes';

/** The row that a number stands for, −1 where there is none. */
// @ts-ignore: decorator
@inline
function rowAt(indices: usize, at: i32, isFloat: i32, length: i32): i32 {
  const place = indices + (<usize>at << 2);
  if (isFloat) {
    const value = load<f32>(place);
    // So that no number is out of the range of i32; NaN is none.
    return value >= 0 && value < <f32>length ? <i32>value : -1;
  }
  const row = i32.load(place);
  return <u32>row < <u32>length ? row : -1;
}

export function gather(
  out: usize, x: usize, indices: usize, isFloat: i32, outer: i32, length: i32, count: i32, inner: i32, step: i32,
): void {
  const bytes = <usize>inner << 2;
  for (let o = 0; o < outer; ++o) {
    for (let k = 0; k < count; ++k) {
      const row = rowAt(indices, o * step + k, isFloat, length);
      if (row < 0) memory.fill(out, 0, bytes);
      else if (inner == 1) i32.store(out, i32.load(x + (<usize>row << 2)));
      else memory.copy(out, x + <usize>row * bytes, bytes);
      out += bytes;
    }
    x += <usize>length * bytes;
  }
}

export function gatherGrad(
  dx: usize, d: usize, indices: usize, isFloat: i32, outer: i32, length: i32, count: i32, inner: i32, step: i32,
): void {
  const bytes = <usize>inner << 2;
  memory.fill(dx, 0, <usize>outer * <usize>length * bytes);
  for (let o = 0; o < outer; ++o) {
    for (let k = 0; k < count; ++k) {
      const row = rowAt(indices, o * step + k, isFloat, length);
      if (row >= 0) {
        let to = dx + <usize>row * bytes, from = d, j = inner;
        for (; j >= 4; j -= 4) {
          v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
          to += 16;
          from += 16;
        }
        if (j) store4(to, f32x4.add(load4(to, j), load4(from, j)), j);
      }
      d += bytes;
    }
    dx += <usize>length * bytes;
  }
}
