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

/** out[i] of a[i], COUNT vectors at once while there are so many: MANY(COUNT, x), and of the rest `x`, a vector, OF. */
#define MAP_MANY(COUNT, MANY, OF)                                                                            \
  for (; n >= COUNT * LANES; n -= COUNT * LANES, a += COUNT * WIDE, out += COUNT * WIDE) {                   \
    vf many[COUNT];                                                                                          \
    for (usize i = 0; i < COUNT; i++) many[i] = load(a + i * WIDE);                                          \
    MANY(COUNT, many);                                                                                       \
    for (usize i = 0; i < COUNT; i++) store(out + i * WIDE, many[i]);                                        \
  }                                                                                                          \
  MAP(OF)
