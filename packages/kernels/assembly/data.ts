// Raw samples to floats, and to whole numbers.
import { store4 } from './lanes';

/** The four bytes in the low 32 bits of v, as floats over the divisor. */
// @ts-ignore: decorator
@inline
function floats(v: v128, divisor: v128): v128 {
  const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v));
  return f32x4.div(f32x4.convert_i32x4_u(words), divisor);
}

export function bytesToFloats(out: usize, bytes: usize, n: i32, divisor: f32): void {
  const d = f32x4.splat(divisor);
  for (; n >= 4; n -= 4) {
    v128.store(out, floats(v128.load_zero<u32>(bytes), d));
    bytes += 4;
    out += 16;
  }
  if (n > 0) {
    let v = v128.load_lane<u8>(bytes, i32x4(0, 0, 0, 0), 0);
    if (n > 1) v = v128.load_lane<u8>(bytes, v, 1, 1);
    if (n > 2) v = v128.load_lane<u8>(bytes, v, 2, 2);
    store4(out, floats(v, d), n);
  }
}

export function bytesToInts(out: usize, bytes: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(out, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load_zero<u32>(bytes))));
    bytes += 4;
    out += 16;
  }
  for (; n > 0; --n) {
    i32.store(out, i32.load8_u(bytes));
    bytes += 1;
    out += 4;
  }
}
