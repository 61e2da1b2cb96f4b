// Philox4x32-10 (kernels/assembly/random.ts), LANES / 2 blocks at once, and dropout on top of it.
// There is no state: a word is a function of (key, counter), so it does not matter how many are made together.
#pragma once
#include "lanes.h"
#include "words.h"

/** 2 LANES words, in order. */
typedef struct {
  vu first, second;
} Words;

/** The words of the blocks counter, counter + 1, ...: LANES / 2 of them. */
INLINE Words philoxWords(i32 counter, i32 c1, i32 c2, i32 c3, i32 keyLo, i32 keyHi) {
  // Words 0 and 1 of a block are a lane of x, 2 and 3 of y; even lanes hold the first half of the blocks.
  vw order, x, y;
  for (i32 i = 0; i < LANES / 2; i++) order[i] = (u64)((i >> 1) + (i & 1) * (LANES / 4));
  x = ((order + (u64)(u32)counter) & UINT32_MAX) | ((u64)(u32)c1 << 32);
  y = (vw){} + ((u64)(u32)c2 | ((u64)(u32)c3 << 32));
  u32 low = (u32)keyLo, high = (u32)keyHi;
#pragma GCC unroll 10
  for (i32 round = 0; round < 10; round++) {
    const vw a = mulWide(x, 0xd2511f53), b = mulWide(y, 0xcd9e8d57);
    x = swapHalves(b) ^ (x >> 32) ^ (u64)low;
    y = swapHalves(a) ^ (y >> 32) ^ (u64)high;
    low += 0x9e3779b9;
    high += 0xbb67ae85;
  }
  return (Words){(vu)evenPairs(x, y), (vu)oddPairs(x, y)};
}

/** At most LANES elements, n of them left in the row. */
INLINE void dropoutAt(usize out, usize a, vu words, u32 threshold, f32 scale, i32 n) {
  storeSome(out, keep(words >= (vu){} + threshold, loadSome(a, n) * splat(scale)), n);
}

/** One row of n elements, whose first random word is that of the block at `counter`; out may be a. */
INLINE void dropoutRow(usize out, usize a, i32 n, i32 counter, i32 id, i32 epoch, i32 stream, i32 seedLo, i32 seedHi,
                       i32 threshold, f32 scale) {
  for (; n > 0; n -= 2 * LANES, out += 2 * WIDE, a += 2 * WIDE) {
    const Words words = philoxWords(counter, id, epoch, stream, seedLo, seedHi);
    dropoutAt(out, a, words.first, (u32)threshold, scale, n);
    if (n > LANES) dropoutAt(out + WIDE, a + WIDE, words.second, (u32)threshold, scale, n - LANES);
    counter = (i32)((u32)counter + LANES / 2);
  }
}
