// Random words, and dropout of rows (random.h).
#include "random.h"

KERNEL(void, philox, usize out, i32 n4, i32 c0, i32 c1, i32 c2, i32 c3, i32 keyLo, i32 keyHi) {
  for (i32 n = n4; n > 0; n -= LANES / 2, out += 2 * WIDE) {
    const Words words = philoxWords(c0, c1, c2, c3, keyLo, keyHi);
    memcpy((void *)out, &words, (size_t)minInt(n, LANES / 2) << 4);
    c0 = (i32)((u32)c0 + LANES / 2);
  }
}

KERNEL(void, dropout, usize out, usize a, i32 rows, i32 len, usize ids, i32 threshold, f32 scale, i32 seedLo,
       i32 seedHi, i32 stream, i32 epoch) {
  for (; rows > 0; --rows, out += (usize)len << 2, a += (usize)len << 2, ids += 4) {
    dropoutRow(out, a, len, 0, loadInt(ids), epoch, stream, seedLo, seedHi, threshold, scale);
  }
}
