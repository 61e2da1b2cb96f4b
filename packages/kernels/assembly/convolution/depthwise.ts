// The gradient of a depthwise convolution's weights, where each channel of y has a kernel of its own and sees the same channel
// of x. Lanes are channels: of each sample, four channels of x's image and of dy are laid down position by position. The
// numbers and their order are those of weights.ts.
import { ceilDiv, Geometry } from './geometry';
import { Image, placeSample, zero } from './image';
import { panel } from './panel';

/** `taps` taps (1 to 5) of four channels, over rows × cols positions. skip: bytes from the end of a row to the next */
// @ts-ignore: decorator
@inline
function tile(
  sums: usize, x: usize, offsets: usize, d: usize, rows: i32, cols: i32, skip: usize, taps: i32,
): void {
  let c0 = v128.load(sums), c1 = c0, c2 = c0, c3 = c0, c4 = c0;
  let x0 = x + load<u32>(offsets), x1 = x0, x2 = x0, x3 = x0, x4 = x0;
  if (taps > 1) { c1 = v128.load(sums, 16); x1 = x + load<u32>(offsets, 4); }
  if (taps > 2) { c2 = v128.load(sums, 32); x2 = x + load<u32>(offsets, 8); }
  if (taps > 3) { c3 = v128.load(sums, 48); x3 = x + load<u32>(offsets, 12); }
  if (taps > 4) { c4 = v128.load(sums, 64); x4 = x + load<u32>(offsets, 16); }
  for (; rows > 0; --rows) {
    for (let j = cols; j > 0; --j) {
      const y = v128.load(d);
      c0 = f32x4.add(c0, f32x4.mul(y, v128.load(x0)));
      x0 += 16;
      if (taps > 1) { c1 = f32x4.add(c1, f32x4.mul(y, v128.load(x1))); x1 += 16; }
      if (taps > 2) { c2 = f32x4.add(c2, f32x4.mul(y, v128.load(x2))); x2 += 16; }
      if (taps > 3) { c3 = f32x4.add(c3, f32x4.mul(y, v128.load(x3))); x3 += 16; }
      if (taps > 4) { c4 = f32x4.add(c4, f32x4.mul(y, v128.load(x4))); x4 += 16; }
      d += 16;
    }
    x0 += skip; x1 += skip; x2 += skip; x3 += skip; x4 += skip;
  }
  v128.store(sums, c0);
  if (taps > 1) v128.store(sums, c1, 16);
  if (taps > 2) v128.store(sums, c2, 32);
  if (taps > 3) v128.store(sums, c3, 48);
  if (taps > 4) v128.store(sums, c4, 64);
}

export function depthwiseWeights(g: Geometry, image: Image, out: usize, x: usize, dy: usize): void {
  const c = g.c, taps = g.kh * g.kw, positions = g.outH * g.outW;
  const offsets = g.take(taps);
  for (let r = 0, at = offsets; r < g.kh; ++r) {
    for (let s = 0; s < g.kw; ++s, at += 4) store<i32>(at, image.offset(r * g.dh, s * g.dw) << 2);
  }
  const xs = g.take(image.channel << 2), ds = g.take(positions << 2);
  const size = ceilDiv(c, 4) * taps << 2;
  const sums = g.take(size);
  zero(sums, size);
  const isFlat = image.pitch == g.outW;
  const rows = isFlat ? 1 : g.outH, cols = isFlat ? positions : g.outW;
  const skip = <usize>(image.pitch - cols) << 4;
  const plane = <usize>image.channel << 2, dPlane = <usize>positions << 2;
  for (let n = g.samples; n > 0; --n) {
    let from = placeSample(image, x);
    let to = sums;
    for (let rest = c; rest > 0; rest -= 4) {
      const channels = min(rest, 4);
      panel(xs, from, channels, image.channel, plane, 16);
      panel(ds, dy, channels, positions, dPlane, 16);
      from += <usize>channels * plane;
      dy += <usize>channels * dPlane;
      let place = offsets;
      for (let k = taps; k > 0; ) {
        const block = k == 4 || k == 8 ? 4 : min(k, 5);
        if (block == 5) tile(to, xs, place, ds, rows, cols, skip, 5);
        else if (block == 4) tile(to, xs, place, ds, rows, cols, skip, 4);
        else if (block == 3) tile(to, xs, place, ds, rows, cols, skip, 3);
        else if (block == 2) tile(to, xs, place, ds, rows, cols, skip, 2);
        else tile(to, xs, place, ds, rows, cols, skip, 1);
        k -= block;
        place += <usize>block << 2;
        to += <usize>block << 4;
      }
    }
    x += <usize>c * g.h * g.w << 2;
  }
  for (let i = 0; i < c; ++i) {
    const from = sums + (<usize>(i >> 2) * taps << 4) + ((i & 3) << 2);
    for (let k = 0; k < taps; ++k, out += 4) store<f32>(out, load<f32>(from + (<usize>k << 4)));
  }
}
