// Softmax and log-softmax over the rows of [rows, len], and their gradients. `out` may be any of the inputs.
// The row's maximum is subtracted first, so exp cannot overflow.
#include "rows.h"

KERNEL(void, softmax, usize out, usize a, i32 rows, i32 len) {
  const usize row = (usize)len << 2;
  if (len <= 0) return;
  for (; rows > 0; --rows, out += row, a += row) {
    const vf total = splat(sumOfExp(1, out, a, len, maxRow(a, len)));
    usize at = out;
    for (i32 n = len; n > 0; n -= LANES, at += WIDE) storeSome(at, loadSome(at, n) / total, n);
  }
}

KERNEL(void, logSoftmax, usize out, usize a, i32 rows, i32 len) {
  const usize row = (usize)len << 2;
  if (len <= 0) return;
  for (; rows > 0; --rows, out += row, a += row) {
    const f32 top = maxRow(a, len);
    const vf m = splat(top), l = splat(log1(sumOfExp(0, 0, a, len, top)));
    usize at = 0;
    for (i32 n = len; n > 0; n -= LANES, at += WIDE) storeSome(out + at, (loadSome(a + at, n) - m) - l, n);
  }
}

KERNEL(void, softmaxGrad, usize out, usize dy, usize y, i32 rows, i32 len) {
  const usize row = (usize)len << 2;
  if (len <= 0) return;
  for (; rows > 0; --rows, out += row, dy += row, y += row) {
    f32x4 s = {};
    usize at = 0;
    for (i32 n = len; n > 0; n -= LANES, at += WIDE) s = addFours(s, loadZero(dy + at, n) * loadZero(y + at, n));
    const vf dot = splat(sumLanes(s));
    at = 0;
    for (i32 n = len; n > 0; n -= LANES, at += WIDE) {
      storeSome(out + at, loadSome(y + at, n) * (loadSome(dy + at, n) - dot), n);
    }
  }
}

KERNEL(void, logSoftmaxGrad, usize out, usize dy, usize y, i32 rows, i32 len) {
  const usize row = (usize)len << 2;
  if (len <= 0) return;
  for (; rows > 0; --rows, out += row, dy += row, y += row) {
    const vf total = splat(sumRow(dy, len));
    usize at = 0;
    for (i32 n = len; n > 0; n -= LANES, at += WIDE) {
      storeSome(out + at, loadSome(dy + at, n) - vexp(loadSome(y + at, n)) * total, n);
    }
  }
}
