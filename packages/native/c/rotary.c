// Rotary positions: pairs of features of a head, half a head apart, are turned by an angle of their position. Heads may be
// small, so what is left of whole vectors goes by fours.
#include "order.h"

/** As many pairs as there are lanes in TYPE, at `at` bytes of a head. */
#define TURN(TYPE, LOAD, STORE, SIGN)                                    \
  {                                                                      \
    const TYPE a = LOAD(from + at), b = LOAD(from + half + at);          \
    const TYPE c = LOAD(cosines + at), s = LOAD(sines + at) * SIGN;      \
    STORE(to + at, a * c - b * s);                                       \
    STORE(to + half + at, b * c + a * s);                                \
  }

KERNEL(void, rotary, usize out, usize x, usize table, i32 rows, i32 length, i32 width, i32 heads, i32 size, f32 sign) {
  const usize head = (usize)size << 2, half = (usize)(size >> 1) << 2, turned = (usize)heads * head;
  const usize row = (usize)width << 2;
  for (i32 i = 0; i < rows; i++, out += row, x += row) {
    const usize cosines = table + (usize)(i % length) * head, sines = cosines + half;
    for (usize h = 0; h < turned; h += head) {
      const usize from = x + h, to = out + h;
      usize at = 0;
      i32 n = size >> 1;
      for (; n >= LANES; n -= LANES, at += WIDE) TURN(vf, load, store, sign)
      for (; n >= 4; n -= 4, at += 16) TURN(f32x4, load4, store4, sign)
      for (; n > 0; --n, at += 4) TURN(f32, load1, store1, sign)
    }
    memcpy((void *)(out + turned), (const void *)(x + turned), row - turned);
  }
}
