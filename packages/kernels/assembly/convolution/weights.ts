// The gradient of a convolution's weights: dw[o, tap] = Σ over samples and positions of dy[o, position] x[position + offset
// of the tap], one accumulator from +0 for each element, samples in order, then positions, mul, then add. Lanes are
// output channels: of each sample, dy is laid down position by position in panels of eight channels, or four.
import { ceilDiv, geometry } from './geometry';
import { placeSample, zero } from './image';
import { imageOfX } from './convolve';
import { depthwiseWeights } from './depthwise';
import { panel } from './panel';

/**
 * Four taps of eight channels, over rows × cols positions.
 *
 * sums: of the first tap, `width` bytes to the next; x: place of the image that the offsets are counted from
 * skip: bytes from the end of a row to the next
 */
// @ts-ignore: decorator
@inline
function tile4x8(sums: usize, x: usize, offsets: usize, d: usize, rows: i32, cols: i32, skip: usize): void {
  let c00 = v128.load(sums), c01 = v128.load(sums, 16);
  let c10 = v128.load(sums, 32), c11 = v128.load(sums, 48);
  let c20 = v128.load(sums, 64), c21 = v128.load(sums, 80);
  let c30 = v128.load(sums, 96), c31 = v128.load(sums, 112);
  let x0 = x + load<u32>(offsets), x1 = x + load<u32>(offsets, 4);
  let x2 = x + load<u32>(offsets, 8), x3 = x + load<u32>(offsets, 12);
  for (; rows > 0; --rows) {
    for (let j = cols; j > 0; --j) {
      const d0 = v128.load(d);
      const d1 = v128.load(d, 16);
      let y = v128.load_splat<f32>(x0);
      c00 = f32x4.add(c00, f32x4.mul(y, d0));
      c01 = f32x4.add(c01, f32x4.mul(y, d1));
      y = v128.load_splat<f32>(x1);
      c10 = f32x4.add(c10, f32x4.mul(y, d0));
      c11 = f32x4.add(c11, f32x4.mul(y, d1));
      y = v128.load_splat<f32>(x2);
      c20 = f32x4.add(c20, f32x4.mul(y, d0));
      c21 = f32x4.add(c21, f32x4.mul(y, d1));
      y = v128.load_splat<f32>(x3);
      c30 = f32x4.add(c30, f32x4.mul(y, d0));
      c31 = f32x4.add(c31, f32x4.mul(y, d1));
      x0 += 4; x1 += 4; x2 += 4; x3 += 4;
      d += 32;
    }
    x0 += skip; x1 += skip; x2 += skip; x3 += skip;
  }
  v128.store(sums, c00);
  v128.store(sums, c01, 16);
  v128.store(sums, c10, 32);
  v128.store(sums, c11, 48);
  v128.store(sums, c20, 64);
  v128.store(sums, c21, 80);
  v128.store(sums, c30, 96);
  v128.store(sums, c31, 112);
}

// @ts-ignore: decorator
@inline
function tile4x4(sums: usize, x: usize, offsets: usize, d: usize, rows: i32, cols: i32, skip: usize): void {
  let c0 = v128.load(sums), c1 = v128.load(sums, 16);
  let c2 = v128.load(sums, 32), c3 = v128.load(sums, 48);
  let x0 = x + load<u32>(offsets), x1 = x + load<u32>(offsets, 4);
  let x2 = x + load<u32>(offsets, 8), x3 = x + load<u32>(offsets, 12);
  for (; rows > 0; --rows) {
    for (let j = cols; j > 0; --j) {
      const d0 = v128.load(d);
      c0 = f32x4.add(c0, f32x4.mul(v128.load_splat<f32>(x0), d0));
      c1 = f32x4.add(c1, f32x4.mul(v128.load_splat<f32>(x1), d0));
      c2 = f32x4.add(c2, f32x4.mul(v128.load_splat<f32>(x2), d0));
      c3 = f32x4.add(c3, f32x4.mul(v128.load_splat<f32>(x3), d0));
      x0 += 4; x1 += 4; x2 += 4; x3 += 4;
      d += 16;
    }
    x0 += skip; x1 += skip; x2 += skip; x3 += skip;
  }
  v128.store(sums, c0);
  v128.store(sums, c1, 16);
  v128.store(sums, c2, 32);
  v128.store(sums, c3, 48);
}

/** One tap of one or two vectors of channels. */
// @ts-ignore: decorator
@inline
function tile1(
  sums: usize, x: usize, offsets: usize, d: usize, rows: i32, cols: i32, skip: usize, vectors: i32,
): void {
  let c0 = v128.load(sums), c1 = vectors == 2 ? v128.load(sums, 16) : c0;
  x += load<u32>(offsets);
  for (; rows > 0; --rows) {
    for (let j = cols; j > 0; --j) {
      const y = v128.load_splat<f32>(x);
      c0 = f32x4.add(c0, f32x4.mul(y, v128.load(d)));
      if (vectors == 2) c1 = f32x4.add(c1, f32x4.mul(y, v128.load(d, 16)));
      x += 4;
      d += <usize>vectors << 4;
    }
    x += skip;
  }
  v128.store(sums, c0);
  if (vectors == 2) v128.store(sums, c1, 16);
}

export function convolveWeights(
  out: usize, x: usize, dy: usize, scratch: usize,
  samples: i32, c: i32, h: i32, w: i32, o: i32, outH: i32, outW: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, top: i32, left: i32, dh: i32, dw: i32, groups: i32,
): void {
  const g = geometry(
    scratch, samples, c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups,
  );
  const image = imageOfX(g, 1);
  if (c == groups && o == groups) {
    depthwiseWeights(g, image, out, x, dy);
    return;
  }
  const cg = g.cg, og = g.og;
  const taps = cg * kh * kw;
  const offsets = g.take(taps);
  let at = offsets;
  for (let ci = 0; ci < cg; ++ci) {
    for (let r = 0; r < kh; ++r) {
      for (let s = 0; s < kw; ++s) {
        store<i32>(at, (ci * image.channel << 2) + image.offset(r * dh, s * dw));
        at += 4;
      }
    }
  }
  const positions = outH * outW;
  const lanes = ceilDiv(og, 4) << 2;
  const panels = g.take(positions << 3);
  const sums = g.take(groups * lanes * taps);
  zero(sums, groups * lanes * taps);
  const isFlat = image.pitch == outW;
  const rows = isFlat ? 1 : outH, cols = isFlat ? positions : outW;
  const skip = <usize>(image.pitch - cols) << 2;
  const plane = <usize>positions << 2;
  for (; samples > 0; --samples) {
    let from = placeSample(image, x);
    let to = sums;
    for (let group = 0; group < groups; ++group) {
      for (let rest = lanes, real = og; rest > 0; rest -= 8, real -= 8) {
        const width = min(rest, 8) << 2;
        if (<i32>width > real << 2) zero(panels, positions * (width >> 2));
        panel(panels, dy, min(real, 8), positions, plane, width);
        dy += <usize>min(real, 8) * plane;
        let k = taps, place = offsets;
        if (width == 32) {
          for (; k >= 4; k -= 4) {
            tile4x8(to, from, place, panels, rows, cols, skip);
            place += 16;
            to += 128;
          }
          for (; k > 0; --k) {
            tile1(to, from, place, panels, rows, cols, skip, 2);
            place += 4;
            to += 32;
          }
        } else {
          for (; k >= 4; k -= 4) {
            tile4x4(to, from, place, panels, rows, cols, skip);
            place += 16;
            to += 64;
          }
          for (; k > 0; --k) {
            tile1(to, from, place, panels, rows, cols, skip, 1);
            place += 4;
            to += 16;
          }
        }
      }
      from += <usize>image.channel * cg << 2;
    }
    x += <usize>c * h * w << 2;
  }
  // From panels to rows.
  at = sums;
  for (let group = 0; group < groups; ++group) {
    for (let rest = lanes, real = og; rest > 0; rest -= 8, real -= 8) {
      const width = min(rest, 8), n = min(real, 8);
      for (let i = 0; i < n; ++i) {
        for (let k = 0; k < taps; ++k) {
          store<f32>(out, load<f32>(at + (<usize>(k * width + i) << 2)));
          out += 4;
        }
      }
      at += <usize>width * taps << 2;
    }
  }
}
