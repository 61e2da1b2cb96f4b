// Means of windows of the planes [h, w] of [planes, h, w], or of parts as even as can be, and their gradients; windows are those of
// max-pool. Order: sums go from left to right, then from top to bottom; gradients are added window by window, in the same order.
import { addAt, apart4, repeated } from './max-pool';

/** Sum of the rows [top, bottom) and columns [left, right) of a plane that is w wide. */
function sumOf(x: usize, w: i32, top: i32, bottom: i32, left: i32, right: i32): f32 {
  let s: f32 = 0;
  for (let i = top; i < bottom; ++i) {
    const row = x + (<usize>(i * w) << 2);
    for (let j = left; j < right; ++j) s += f32.load(row + (<usize>j << 2));
  }
  return s;
}

function addTo(dx: usize, w: i32, top: i32, bottom: i32, left: i32, right: i32, g: f32): void {
  for (let i = top; i < bottom; ++i) {
    const row = dx + (<usize>(i * w) << 2);
    for (let j = left; j < right; ++j) addAt(row + (<usize>j << 2), g);
  }
}

/** What a window's sum is divided by: `divisor` if it is not 0; else its taps in the plane, with those in the padding if asked. */
// @ts-ignore: decorator
@inline
function countOf(top: i32, left: i32, h: i32, w: i32, kh: i32, kw: i32, ph: i32, pw: i32, padded: i32, divisor: f32): f32 {
  if (divisor != 0) return divisor;
  const rows = padded ? min<i32>(top + kh, h + ph) - top : min<i32>(top + kh, h) - max<i32>(top, 0);
  const columns = padded ? min<i32>(left + kw, w + pw) - left : min<i32>(left + kw, w) - max<i32>(left, 0);
  return <f32>rows * <f32>columns;
}

export function avgPool(
  out: usize, x: usize, planes: i32, h: i32, w: i32, outH: i32, outW: i32,
  kh: i32, kw: i32, sh: i32, sw: i32, ph: i32, pw: i32, padded: i32, divisor: f32,
): void {
  for (let p = 0; p < planes; ++p) {
    for (let o = 0; o < outH; ++o) {
      const top = o * sh - ph;
      const first = max<i32>(top, 0);
      const end = min<i32>(top + kh, h);
      let c = 0;
      while (c < outW) {
        const again = repeated(c, outW, w, sw, pw, kw - 1);
        c -= again;
        out -= <usize>again << 2;
        const left = c * sw - pw;
        const by = countOf(top, left, h, w, kh, kw, ph, pw, padded, divisor);
        if (left >= 0 && c + 4 <= outW && left + 3 * sw + kw <= w) {
          let s = f32x4.splat(0);
          for (let i = first; i < end; ++i) {
            let tap = x + (<usize>(i * w + left) << 2);
            for (let j = 0; j < kw; ++j) {
              s = f32x4.add(s, apart4(tap, sw));
              tap += 4;
            }
          }
          v128.store(out, f32x4.div(s, f32x4.splat(by)));
          out += 16;
          c += 4;
        } else {
          f32.store(out, sumOf(x, w, first, end, max<i32>(left, 0), min<i32>(left + kw, w)) / by);
          out += 4;
          c += 1;
        }
      }
    }
    x += <usize>(h * w) << 2;
  }
}

/** A row of n values, each kw times, and then all of it kh times; what is left of the width is 0. */
function spreadRow(dx: usize, dy: usize, n: i32, w: i32, kh: i32, kw: i32, divisor: f32): void {
  const by = f32x4.splat(divisor);
  let to = dx;
  let i = n;
  if (kw == 2) {
    for (; i >= 4; i -= 4) {
      const g = f32x4.div(v128.load(dy), by);
      v128.store(to, v128.shuffle<f32>(g, g, 0, 0, 1, 1));
      v128.store(to, v128.shuffle<f32>(g, g, 2, 2, 3, 3), 16);
      dy += 16;
      to += 32;
    }
  }
  for (; i > 0; --i) {
    const g = f32.load(dy) / divisor;
    for (let j = 0; j < kw; ++j) {
      f32.store(to, g);
      to += 4;
    }
    dy += 4;
  }
  const width = <usize>w << 2;
  memory.fill(to, 0, dx + width - to);
  for (let j = 1; j < kh; ++j) memory.copy(dx + <usize>j * width, dx, width);
}

export function avgPoolGrad(
  dx: usize, dy: usize, planes: i32, h: i32, w: i32, outH: i32, outW: i32,
  kh: i32, kw: i32, sh: i32, sw: i32, ph: i32, pw: i32, padded: i32, divisor: f32,
): void {
  const size = <usize>(h * w) << 2;
  const tiles = kh == sh && kw == sw && ph == 0 && pw == 0 && outH * kh <= h && outW * kw <= w;
  for (let p = 0; p < planes; ++p) {
    if (tiles) {
      const by = countOf(0, 0, h, w, kh, kw, 0, 0, padded, divisor);
      for (let o = 0; o < outH; ++o) {
        spreadRow(dx + (<usize>(o * kh * w) << 2), dy, outW, w, kh, kw, by);
        dy += <usize>outW << 2;
      }
      const used = <usize>(outH * kh * w) << 2;
      memory.fill(dx + used, 0, size - used);
    } else {
      memory.fill(dx, 0, size);
      for (let o = 0; o < outH; ++o) {
        const top = o * sh - ph;
        for (let c = 0; c < outW; ++c) {
          const left = c * sw - pw;
          const g = f32.load(dy) / countOf(top, left, h, w, kh, kw, ph, pw, padded, divisor);
          addTo(dx, w, max<i32>(top, 0), min<i32>(top + kh, h), max<i32>(left, 0), min<i32>(left + kw, w), g);
          dy += 4;
        }
      }
    }
    dx += size;
  }
}

/** Where part o of `parts` begins: floor(o * size / parts). */
// @ts-ignore: decorator
@inline
function partStart(o: i32, size: i32, parts: i32): i32 {
  return <i32>(<i64>o * <i64>size / <i64>parts);
}

/** Where it ends: ceil((o + 1) * size / parts). */
// @ts-ignore: decorator
@inline
function partEnd(o: i32, size: i32, parts: i32): i32 {
  return <i32>((<i64>(o + 1) * <i64>size + <i64>parts - 1) / <i64>parts);
}

export function adaptiveAvgPool(out: usize, x: usize, planes: i32, h: i32, w: i32, outH: i32, outW: i32): void {
  for (let p = 0; p < planes; ++p) {
    for (let o = 0; o < outH; ++o) {
      const top = partStart(o, h, outH);
      const bottom = partEnd(o, h, outH);
      for (let c = 0; c < outW; ++c) {
        const left = partStart(c, w, outW);
        const right = partEnd(c, w, outW);
        f32.store(out, sumOf(x, w, top, bottom, left, right) / (<f32>(bottom - top) * <f32>(right - left)));
        out += 4;
      }
    }
    x += <usize>(h * w) << 2;
  }
}

export function adaptiveAvgPoolGrad(dx: usize, dy: usize, planes: i32, h: i32, w: i32, outH: i32, outW: i32): void {
  const size = <usize>(h * w) << 2;
  for (let p = 0; p < planes; ++p) {
    memory.fill(dx, 0, size);
    for (let o = 0; o < outH; ++o) {
      const top = partStart(o, h, outH);
      const bottom = partEnd(o, h, outH);
      for (let c = 0; c < outW; ++c) {
        const left = partStart(c, w, outW);
        const right = partEnd(c, w, outW);
        addTo(dx, w, top, bottom, left, right, f32.load(dy) / (<f32>(bottom - top) * <f32>(right - left)));
        dy += 4;
      }
    }
    dx += size;
  }
}
