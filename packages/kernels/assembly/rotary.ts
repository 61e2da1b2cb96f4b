// Rotary positions: pairs of features of a head, half a head apart, are turned by an angle of their position.
import { load4, store4 } from './lanes';

/** Up to four pairs. */
// @ts-ignore: decorator
@inline
function turnAt(out: usize, x: usize, table: usize, half: usize, sign: v128, n: i32): void {
  const a = load4(x, n);
  const b = load4(x + half, n);
  const c = load4(table, n);
  const s = f32x4.mul(load4(table + half, n), sign);
  store4(out, f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s)), n);
  store4(out + half, f32x4.add(f32x4.mul(b, c), f32x4.mul(a, s)), n);
}

export function rotary(
  out: usize, x: usize, table: usize, rows: i32, length: i32, width: i32, heads: i32, size: i32,
  sign: f32,
): void {
  const half = size >> 1;
  const halfBytes = <usize>half << 2;
  const turned = <usize>(heads * size) << 2;
  const row = <usize>width << 2;
  const signs = f32x4.splat(sign);
  for (let i = 0; i < rows; ++i) {
    const angles = table + (<usize>(i % length) * <usize>size << 2);
    for (let h: usize = 0; h < turned; h += <usize>size << 2) {
      let f: usize = 0;
      for (let n = half; n >= 4; n -= 4) {
        turnAt(out + h + f, x + h + f, angles + f, halfBytes, signs, 4);
        f += 16;
      }
      const r = half & 3;
      if (r) turnAt(out + h + f, x + h + f, angles + f, halfBytes, signs, r);
    }
    memory.copy(out + turned, x + turned, row - turned);
    out += row;
    x += row;
  }
}
