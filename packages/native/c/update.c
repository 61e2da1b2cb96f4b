// The mean of a gradient, and what is done to state between updates.
#include "update.h"

KERNEL(i32, average, usize g, i32 n, f32 count) {
  const vf c = splat(count), inverse = splat(exactInverse(count));
  const i32 exact = exactInverse(count) != 0;
  vi bad = {};
  for (; n > 0; n -= LANES, g += WIDE) {
    const vf x = mean(loadSome(g, n), c, inverse, exact);
    storeSome(g, x, n);
    bad |= nonFinite(x);
  }
  return !anyTrue(bad);
}

KERNEL(void, flushSubnormals, usize a, i32 n) {
  for (; n > 0; n -= LANES, a += WIDE) {
    const vf x = loadSome(a, n);
    storeSome(a, keep(~(vabs(x) < splat(1.17549435e-38f)), x), n);
  }
}
