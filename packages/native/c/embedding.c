// Rows of a table by whole numbers, and what a table's rows get back. Numbers outside of the table have a row of zeros, and
// give nothing back: no number leads outside of the table.
#include "lanes.h"

/** Vectors of a row's floats that are added up together. */
#define SPAN 8

KERNEL(void, embedding, usize out, usize tokens, usize table, i32 count, i32 vocabulary, i32 size) {
  const size_t bytes = (size_t)size << 2;
  for (; count > 0; --count, tokens += 4, out += bytes) {
    const i32 token = loadInt(tokens);
    if ((u32)token < (u32)vocabulary) memcpy((void *)out, (const void *)(table + (usize)token * bytes), bytes);
    else memset((void *)out, 0, bytes);
  }
}

/** Adds the rows of a chain, which begins at row `first` of d, to `vectors` (a literal) vectors at out, the last of r lanes. */
INLINE void addChain(const i32 vectors, usize out, usize d, usize next, i32 first, usize stride, i32 r) {
  vf sum[SPAN];
#pragma GCC unroll 8
  for (i32 v = 0; v < vectors; v++) {
    sum[v] = loadSome(d + (usize)first * stride + (usize)v * WIDE, v == vectors - 1 ? r : LANES);
  }
  // `next` has 1 more than the row; 0 ends the chain.
  for (i32 q = loadInt(next + ((usize)first << 2)); q; q = loadInt(next + ((usize)(q - 1) << 2))) {
    const usize row = d + (usize)(q - 1) * stride;
#pragma GCC unroll 8
    for (i32 v = 0; v < vectors; v++) {
      sum[v] = sum[v] + loadSome(row + (usize)v * WIDE, v == vectors - 1 ? r : LANES);
    }
  }
#pragma GCC unroll 8
  for (i32 v = 0; v < vectors; v++) {
    const usize at = out + (usize)v * WIDE;
    const i32 n = v == vectors - 1 ? r : LANES;
    storeSome(at, loadSome(at, n) + sum[v], n);
  }
}

KERNEL(void, embeddingGrad, usize own, usize out, usize links, usize tokens, usize d, i32 count, i32 vocabulary, i32 size,
       i32 skipped) {
  const usize stride = (usize)size << 2, heads = links, next = links + ((usize)vocabulary << 2);
  if (own == out) memset((void *)out, 0, (size_t)vocabulary * stride);
  memset((void *)heads, 0, (size_t)vocabulary << 2);
  for (i32 i = count - 1; i >= 0; i--) {
    const i32 token = loadInt(tokens + ((usize)i << 2));
    if ((u32)token >= (u32)vocabulary || token == skipped) continue;
    const usize head = heads + ((usize)token << 2);
    storeInt(next + ((usize)i << 2), loadInt(head));
    storeInt(head, i + 1);
  }
  for (i32 i = 0; i < count; i++) {
    const i32 token = loadInt(tokens + ((usize)i << 2));
    if ((u32)token >= (u32)vocabulary || token == skipped) continue;
    if (loadInt(heads + ((usize)token << 2)) != i + 1) continue;
    const usize row = out + (usize)token * stride;
    i32 n = size;
    usize at = 0;
    for (; n >= SPAN * LANES; n -= SPAN * LANES, at += SPAN * WIDE) {
      addChain(SPAN, row + at, d + at, next, i, stride, LANES);
    }
    for (; n > 0; n -= LANES, at += WIDE) addChain(1, row + at, d + at, next, i, stride, n);
  }
}
