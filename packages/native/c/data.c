// Raw samples to floats, and to whole numbers, as kernels/assembly/data.ts. Compilers know how bytes are widened.
#include "lanes.h"

KERNEL(void, bytesToFloats, usize out, usize bytes, i32 n, f32 divisor) {
  for (usize i = 0; i < (usize)n; i++) store1(out + (i << 2), (f32)loadByte(bytes + i) / divisor);
}

KERNEL(void, bytesToInts, usize out, usize bytes, i32 n) {
  for (usize i = 0; i < (usize)n; i++) storeInt(out + (i << 2), loadByte(bytes + i));
}
