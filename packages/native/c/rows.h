// What a row of floats comes to by itself: its sum, its maximum, and the sum of its exponentials.
#pragma once
#include "math.h"
#include "order.h"

/** Sum of n floats: element j in lane j mod 8, but those behind the last full four in the upper four lanes. */
INLINE f32 sumRow(usize a, i32 n) {
  f32x8 s = {};
  for (; n >= 8; n -= 8, a += 32) s = s + load8(a);
  f32x4 low, high;
  memcpy(&low, &s, 16);
  memcpy(&high, (const u8 *)&s + 16, 16);
  if (n >= 4) {
    low = low + load4(a);
    a += 16;
  }
  if (n & 3) high = high + load4Zero(a, n & 3);
  return sumLanes(low + high);
}

/** Of n floats with a maximum of 0: +0 if there is one. */
static f32 zeroOf(usize a, i32 n) {
  vi signs = splatInt(INT32_MIN);
  for (; n > 0; n -= LANES, a += WIDE) {
    const vf x = loadSome(a, n);
    signs &= (vi)x | ~(x == splat(0));
  }
  return anyTrue(~signs & INT32_MIN) ? 0.0f : -0.0f;
}

/** Maximum of n floats; NaN if any is NaN, -inf if there are none. */
INLINE f32 maxRow(usize a, i32 n) {
  vf m = splat(-INFINITY);
  vi odd = {};
  const usize begin = a;
  for (i32 left = n; left > 0; left -= LANES, a += WIDE) {
    const vf x = loadSome(a, left);
    m = pmax(m, x);
    odd |= x != x;
  }
  if (anyTrue(odd)) return NAN;
  const f32 top = greatestLane(m);
  return top == 0 ? zeroOf(begin, n) : top;
}

/** Sum of exp(a - top) over n floats, element j in lane j mod 4; if it `keeps` (a literal), they are stored in out. */
INLINE f32 sumOfExp(const i32 keeps, usize out, usize a, i32 n, f32 top) {
  const vf m = splat(top);
  f32x4 s = {};
  for (usize i = 0; n > 0; n -= LANES, i += WIDE) {
    const vf e = vexp(loadSome(a + i, n) - m);
    if (keeps) storeSome(out + i, e, n);
    s = addFours(s, n >= LANES ? e : keep(laneMask(n), e));
  }
  return sumLanes(s);
}
