// Loops over arrays of which out[i] depends on the i-th elements only. `out` may be an input.
#pragma once

/** out[i] of `x`, the vector at a[i]. */
#define MAP(OF)                                       \
  for (; n > 0; n -= LANES, a += WIDE, out += WIDE) { \
    const vf x = loadSome(a, n);                      \
    storeSome(out, OF, n);                            \
  }

/** out[i] of `u` and `v`, the vectors at A[i] and B[i]. */
#define ZIP(A, B, OF)                                         \
  for (usize at = 0; n > 0; n -= LANES, at += WIDE) {         \
    const vf u = loadSome(A + at, n), v = loadSome(B + at, n); \
    storeSome(out + at, OF, n);                               \
  }
