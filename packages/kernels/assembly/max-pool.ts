// The greatest of each window of the planes [h, w] of [planes, h, w], and the gradient; what windows are is the same for means.
// A window is kh x kw taps, dh and dw apart; the first begins ph above and pw left of the plane, the next sh and sw further.
// Taps outside of the plane do not count. Whoever calls sees to it that each window has a tap inside, and begins before the end.
// Order: taps from left to right, then from top to bottom; gradients are added window by window, in the same order. Lanes are
// windows side by side, so no bit depends on them. Windows of 2 x 2 without overlap have loops of their own.
import { gather4, load4, store4 } from './lanes';

/** The first of the taps `step` apart from `start` that is not before 0. */
// @ts-ignore: decorator
@inline
function firstTap(start: i32, step: i32): i32 {
  return start >= 0 ? 0 : (step - 1 - start) / step;
}

/** How many of `taps` from `start` on lie before `size`. */
// @ts-ignore: decorator
@inline
function endTap(start: i32, size: i32, taps: i32, step: i32): i32 {
  return min<i32>(taps, (size - start + step - 1) / step);
}

/** Four floats, `step` floats apart; nothing behind the last one is read. */
// @ts-ignore: decorator
@inline
export function apart4(p: usize, step: i32): v128 {
  if (step == 1) return v128.load(p);
  if (step == 2) return v128.shuffle<f32>(v128.load(p), v128.load(p, 12), 0, 2, 5, 7);
  return gather4(p, <usize>step << 2, 4);
}

/** How many windows before c go again into the last four of a row, so that none is computed alone; they get the same bits. */
// @ts-ignore: decorator
@inline
export function repeated(c: i32, outW: i32, w: i32, sw: i32, pw: i32, reach: i32): i32 {
  const first = outW - 4;
  if (c <= first || first < 0) return 0;
  return first * sw >= pw && (outW - 1) * sw - pw + reach < w ? c - first : 0;
}

/** Where v is greater than the best so far, or NaN. */
// @ts-ignore: decorator
@inline
function beats(v: v128, best: v128): v128 {
  return v128.or(f32x4.gt(v, best), f32x4.ne(v, v));
}

/** Of 2r floats at p, those of even places, or of odd ones if p is one further. */
// @ts-ignore: decorator
@inline
function every2(p: usize, r: i32): v128 {
  return r >= 4 ? apart4(p, 2) : gather4(p, 8, r);
}

/** Windows of 2 x 2 side by side, without overlap and padding. */
function isPairs(h: i32, w: i32, outH: i32, outW: i32, kh: i32, kw: i32, sh: i32, sw: i32, ph: i32, pw: i32): bool {
  return kh == 2 && kw == 2 && sh == 2 && sw == 2 && ph == 0 && pw == 0 && 2 * outH <= h && 2 * outW <= w;
}

// @ts-ignore: decorator
@inline
function maxOfPairs(out: usize, a: usize, b: usize, r: i32): void {
  const top = f32x4.max(every2(a, r), every2(a + 4, r));
  store4(out, f32x4.max(top, f32x4.max(every2(b, r), every2(b + 4, r))), r);
}

function maxPairsRow(out: usize, a: usize, width: usize, n: i32): void {
  const b = a + width;
  let i: usize = 0;
  for (; n >= 4; n -= 4) {
    const m0 = f32x4.max(v128.load(a + 2 * i), v128.load(b + 2 * i));
    const m1 = f32x4.max(v128.load(a + 2 * i, 16), v128.load(b + 2 * i, 16));
    const even = v128.shuffle<f32>(m0, m1, 0, 2, 4, 6);
    v128.store(out + i, f32x4.max(even, v128.shuffle<f32>(m0, m1, 1, 3, 5, 7)));
    i += 16;
  }
  if (n) maxOfPairs(out + i, a + 2 * i, b + 2 * i, n);
}

export function maxPool(
  out: usize, x: usize, planes: i32, h: i32, w: i32, outH: i32, outW: i32,
  kh: i32, kw: i32, sh: i32, sw: i32, ph: i32, pw: i32, dh: i32, dw: i32,
): void {
  const width = <usize>w << 2;
  const pairs = isPairs(h, w, outH, outW, kh, kw, sh, sw, ph, pw) && dh == 1 && dw == 1;
  const reach = (kw - 1) * dw;
  for (let p = 0; p < planes; ++p) {
    for (let o = 0; o < outH; ++o) {
      const top = o * sh - ph;
      if (pairs) {
        maxPairsRow(out, x + <usize>top * width, width, outW);
        out += <usize>outW << 2;
        continue;
      }
      const first = firstTap(top, dh);
      const end = endTap(top, h, kh, dh);
      let c = 0;
      while (c < outW) {
        const again = repeated(c, outW, w, sw, pw, reach);
        c -= again;
        out -= <usize>again << 2;
        const left = c * sw - pw;
        if (left >= 0 && c + 4 <= outW && left + 3 * sw + reach < w) {
          let best = f32x4.splat(-Infinity);
          for (let i = first; i < end; ++i) {
            let tap = x + (<usize>((top + i * dh) * w + left) << 2);
            for (let j = 0; j < kw; ++j) {
              best = f32x4.max(best, apart4(tap, sw));
              tap += <usize>dw << 2;
            }
          }
          v128.store(out, best);
          out += 16;
          c += 4;
        } else {
          let best: f32 = -Infinity;
          const from = firstTap(left, dw);
          const to = endTap(left, w, kw, dw);
          for (let i = first; i < end; ++i) {
            const row = x + (<usize>((top + i * dh) * w) << 2);
            for (let j = from; j < to; ++j) best = max<f32>(best, f32.load(row + (<usize>(left + j * dw) << 2)));
          }
          f32.store(out, best);
          out += 4;
          c += 1;
        }
      }
    }
    x += <usize>h * width;
  }
}

/** Gives dy of r windows of 2 x 2 to the first greatest of each. */
// @ts-ignore: decorator
@inline
function maxOfPairsGrad(dx: usize, dy: usize, a: usize, width: usize, r: i32): void {
  const b = a + width;
  const x0 = every2(a, r);
  const x1 = every2(a + 4, r);
  const x2 = every2(b, r);
  const x3 = every2(b + 4, r);
  const m1 = beats(x1, x0);
  let best = v128.bitselect(x1, x0, m1);
  const m2 = beats(x2, best);
  best = v128.bitselect(x2, best, m2);
  const m3 = beats(x3, best);
  const m23 = v128.or(m2, m3);
  const g = load4(dy, r);
  const d0 = v128.andnot(g, v128.or(m1, m23));
  const d1 = v128.andnot(v128.and(g, m1), m23);
  const d2 = v128.andnot(v128.and(g, m2), m3);
  const d3 = v128.and(g, m3);
  store4(dx, v128.shuffle<f32>(d0, d1, 0, 4, 1, 5), min<i32>(2 * r, 4));
  store4(dx + width, v128.shuffle<f32>(d2, d3, 0, 4, 1, 5), min<i32>(2 * r, 4));
  if (r <= 2) return;
  store4(dx + 16, v128.shuffle<f32>(d0, d1, 2, 6, 3, 7), 2 * r - 4);
  store4(dx + 16 + width, v128.shuffle<f32>(d2, d3, 2, 6, 3, 7), 2 * r - 4);
}

function maxPairsGrad(dx: usize, dy: usize, x: usize, h: i32, w: i32, outH: i32, outW: i32): void {
  const width = <usize>w << 2;
  const rest = <usize>(w - 2 * outW) << 2;
  for (let o = 0; o < outH; ++o) {
    let n = outW;
    let i: usize = 0;
    for (; n >= 4; n -= 4) {
      maxOfPairsGrad(dx + 2 * i, dy + i, x + 2 * i, width, 4);
      i += 16;
    }
    if (n) maxOfPairsGrad(dx + 2 * i, dy + i, x + 2 * i, width, n);
    if (rest) {
      memory.fill(dx + width - rest, 0, rest);
      memory.fill(dx + 2 * width - rest, 0, rest);
    }
    dy += <usize>outW << 2;
    x += 2 * width;
    dx += 2 * width;
  }
  memory.fill(dx, 0, <usize>(h - 2 * outH) * width);
}

// @ts-ignore: decorator
@inline
export function addAt(p: usize, value: f32): void {
  f32.store(p, f32.load(p) + value);
}

export function maxPoolGrad(
  dx: usize, dy: usize, x: usize, planes: i32, h: i32, w: i32, outH: i32, outW: i32,
  kh: i32, kw: i32, sh: i32, sw: i32, ph: i32, pw: i32, dh: i32, dw: i32,
): void {
  const size = <usize>(h * w) << 2;
  const reach = (kw - 1) * dw;
  const pairs = isPairs(h, w, outH, outW, kh, kw, sh, sw, ph, pw) && dh == 1 && dw == 1;
  for (let p = 0; p < planes; ++p) {
    if (pairs) {
      maxPairsGrad(dx, dy, x, h, w, outH, outW);
      dy += <usize>(outH * outW) << 2;
      x += size;
      dx += size;
      continue;
    }
    memory.fill(dx, 0, size);
    for (let o = 0; o < outH; ++o) {
      const top = o * sh - ph;
      const first = firstTap(top, dh);
      const end = endTap(top, h, kh, dh);
      let c = 0;
      while (c < outW) {
        const left = c * sw - pw;
        if (left >= 0 && c + 4 <= outW && left + 3 * sw + reach < w) {
          let best = f32x4.splat(-Infinity);
          let place = i32x4.splat((top + first * dh) * w);
          for (let i = first; i < end; ++i) {
            let at = (top + i * dh) * w;
            for (let j = 0; j < kw; ++j) {
              const v = apart4(x + (<usize>(at + left) << 2), sw);
              const m = beats(v, best);
              best = v128.bitselect(v, best, m);
              place = v128.bitselect(i32x4.splat(at), place, m);
              at += dw;
            }
          }
          const base = dx + (<usize>left << 2);
          const step = <usize>sw << 2;
          addAt(base + (<usize>i32x4.extract_lane(place, 0) << 2), f32.load(dy));
          addAt(base + step + (<usize>i32x4.extract_lane(place, 1) << 2), f32.load(dy, 4));
          addAt(base + 2 * step + (<usize>i32x4.extract_lane(place, 2) << 2), f32.load(dy, 8));
          addAt(base + 3 * step + (<usize>i32x4.extract_lane(place, 3) << 2), f32.load(dy, 12));
          dy += 16;
          c += 4;
        } else {
          const from = firstTap(left, dw);
          const to = endTap(left, w, kw, dw);
          let best: f32 = -Infinity;
          let place = (top + first * dh) * w + left + from * dw;
          for (let i = first; i < end; ++i) {
            for (let j = from; j < to; ++j) {
              const at = (top + i * dh) * w + left + j * dw;
              const v = f32.load(x + (<usize>at << 2));
              if (v > best || v != v) {
                best = v;
                place = at;
              }
            }
          }
          addAt(dx + (<usize>place << 2), f32.load(dy));
          dy += 4;
          c += 1;
        }
      }
    }
    x += size;
    dx += size;
  }
}
