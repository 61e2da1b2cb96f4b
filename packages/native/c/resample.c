// Planes [h, w] of which each place of [outH, outW] takes one, or a constant: padding, and enlarging to the nearest
// place. Rows and columns are picked apart from each other, in one of the ways below; the gradient adds to what was
// picked, row by row from the left.
#include "windows.h"

/** Else the nearest: place o is floor(o * by), and nothing behind the last. */
enum Way { CONSTANT, REFLECT, REPLICATE };

/** The place that `o` takes, or -1 for the constant; `by` is how many come before the first, or the step. */
INLINE i32 pickedPlace(i32 o, i32 size, i32 way, f32 by) {
  const i32 last = size - 1;
  if (way > REPLICATE) {
    const f32 place = floorf((f32)o * by);
    return place < (f32)last ? minInt((i32)place, last) : last;
  }
  const i32 i = o - (i32)by;
  if (way == REFLECT) return i < 0 ? -i : i > last ? 2 * last - i : i;
  if (way == REPLICATE) return minInt(maxInt(i, 0), last);
  return i < 0 || i > last ? -1 : i;
}

/** Whether each value is taken twice in a row. */
INLINE i32 isDouble(i32 w, i32 outW, i32 way, f32 by) { return way > REPLICATE && by == 0.5f && outW == 2 * w; }

INLINE void doubleRow(usize out, usize x, i32 n) {
  for (; n > 0; n -= LANES, x += WIDE, out += 2 * WIDE) {
    const vf v = loadSome(x, n);
    storePairs(0, out, 0, v, v, minInt(n, LANES));
  }
}

INLINE void pickRow(usize out, usize x, i32 w, i32 outW, i32 way, f32 by, f32 value) {
  if (isDouble(w, outW, way, by)) {
    doubleRow(out, x, w);
    return;
  }
  for (i32 c = 0; c < outW; c++) {
    if (way <= REPLICATE && c == (i32)by) {
      memcpy((void *)(out + ((usize)c << 2)), (const void *)x, (usize)w << 2);
      c += w;
      if (c >= outW) return;
    }
    const i32 from = pickedPlace(c, w, way, by);
    store1(out + ((usize)c << 2), from < 0 ? value : load1(x + ((usize)from << 2)));
  }
}

KERNEL(void, resample, usize out, usize x, i32 planes, i32 h, i32 w, i32 outH, i32 outW, i32 way, f32 rows, f32 columns,
       f32 value) {
  const usize width = (usize)outW << 2;
  for (i32 p = 0; p < planes; p++, x += (usize)(h * w) << 2) {
    i32 before = -2;
    for (i32 o = 0; o < outH; o++, out += width) {
      const i32 from = pickedPlace(o, h, way, rows);
      if (from == before) memcpy((void *)out, (const void *)(out - width), width);
      else if (from >= 0) pickRow(out, x + ((usize)(from * w) << 2), w, outW, way, columns, value);
      else {
        for (i32 c = 0; c < outW; c++) store1(out + ((usize)c << 2), value);
      }
      before = from;
    }
  }
}

INLINE void addRow(usize dx, usize dy, i32 w, i32 outW, i32 way, f32 by) {
  if (isDouble(w, outW, way, by)) {
    for (i32 n = w; n > 0; n -= LANES, dx += WIDE, dy += 2 * WIDE) {
      vf even, odd;
      loadPairs(&even, &odd, dy, minInt(n, LANES));
      storeSome(dx, (loadSome(dx, n) + even) + odd, n);
    }
    return;
  }
  for (i32 c = 0; c < outW; c++) {
    const i32 to = pickedPlace(c, w, way, by);
    if (to >= 0) addAt(dx + ((usize)to << 2), load1(dy + ((usize)c << 2)));
  }
}

KERNEL(void, resampleGrad, usize dx, usize dy, i32 planes, i32 h, i32 w, i32 outH, i32 outW, i32 way, f32 rows,
       f32 columns) {
  const usize size = (usize)(h * w) << 2;
  for (i32 p = 0; p < planes; p++, dx += size) {
    memset((void *)dx, 0, size);
    for (i32 o = 0; o < outH; o++, dy += (usize)outW << 2) {
      const i32 to = pickedPlace(o, h, way, rows);
      if (to < 0) continue;
      const usize row = dx + ((usize)(to * w) << 2);
      if (way != CONSTANT) addRow(row, dy, w, outW, way, columns);
      else memcpy((void *)row, (const void *)(dy + ((usize)(i32)columns << 2)), (usize)w << 2);
    }
  }
}
