// Rows along one axis by numbers, and what the axis gets back, as kernels/assembly/gather.ts.
#include "lanes.h"

/** The row that a number stands for, -1 where there is none. */
INLINE i32 rowAt(usize indices, i32 at, i32 isFloat, i32 length) {
  const usize place = indices + ((usize)at << 2);
  if (isFloat) {
    const f32 value = load1(place);
    // So that no number is out of the range of i32; NaN is none.
    return value >= 0 && value < (f32)length ? (i32)value : -1;
  }
  const i32 row = loadInt(place);
  return (u32)row < (u32)length ? row : -1;
}

KERNEL(void, gather, usize out, usize x, usize indices, i32 isFloat, i32 outer, i32 length, i32 count, i32 inner,
       i32 step) {
  const usize bytes = (usize)inner << 2;
  for (i32 o = 0; o < outer; o++, x += (usize)length * bytes) {
    for (i32 k = 0; k < count; k++, out += bytes) {
      const i32 row = rowAt(indices, o * step + k, isFloat, length);
      if (inner == 1) storeInt(out, row < 0 ? 0 : loadInt(x + ((usize)row << 2)));
      else if (row < 0) memset((void *)out, 0, bytes);
      else memcpy((void *)out, (const void *)(x + (usize)row * bytes), bytes);
    }
  }
}

KERNEL(void, gatherGrad, usize dx, usize d, usize indices, i32 isFloat, i32 outer, i32 length, i32 count, i32 inner,
       i32 step) {
  const usize bytes = (usize)inner << 2, size = (usize)length * bytes;
  memset((void *)dx, 0, (usize)outer * size);
  for (i32 o = 0; o < outer; o++, dx += size) {
    for (i32 k = 0; k < count; k++, d += bytes) {
      const i32 row = rowAt(indices, o * step + k, isFloat, length);
      if (row < 0) continue;
      usize to = dx + (usize)row * bytes, from = d;
      for (i32 n = inner; n > 0; n -= LANES, to += WIDE, from += WIDE) {
        storeSome(to, loadSome(to, n) + loadSome(from, n), n);
      }
    }
  }
}
