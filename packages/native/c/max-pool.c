// The greatest of each window of the planes [h, w] of [planes, h, w], and the gradient. Order: taps from left to right,
// then from top to bottom; gradients are added window by window, in the same order. Windows of 2 x 2 without overlap
// have loops of their own.
#include "windows.h"

/** The first of the taps `step` apart from `start` that is not before 0. */
INLINE i32 firstTap(i32 start, i32 step) { return start >= 0 ? 0 : (step - 1 - start) / step; }

/** How many of `taps` from `start` on lie before `size`. */
INLINE i32 endTap(i32 start, i32 size, i32 taps, i32 step) { return minInt(taps, (size - start + step - 1) / step); }

INLINE void maxPairs(const i32 two, usize out, usize outWidth, usize x, usize width, i32 r) {
  const Pairs at = pairsAt(two, x, width, r);
  const vf best = max(max(at.x0, at.x2), max(at.x1, at.x3));
  if (two) storeHalves(out, out + outWidth, best, r);
  else storeSome(out, best, r);
}

/** The greatest of r windows, of whose taps the rows from `first` to before `end` are inside; x: their first tap. */
INLINE void maxOfWindows(usize out, usize x, i32 w, i32 first, i32 end, i32 kw, i32 sw, i32 dh, i32 dw, i32 r) {
  vf best = splat(-INFINITY);
  for (i32 i = first; i < end; i++) {
    const usize row = x + ((usize)(i * dh * w) << 2);
    for (i32 j = 0; j < kw; j++) best = max(best, tapsAt(row + ((usize)(j * dw) << 2), sw, r));
  }
  storeSome(out, best, r);
}

KERNEL(void, maxPool, usize out, usize x, i32 planes, i32 h, i32 w, i32 outH, i32 outW, i32 kh, i32 kw, i32 sh, i32 sw,
       i32 ph, i32 pw, i32 dh, i32 dw) {
  const usize width = (usize)w << 2, outWidth = (usize)outW << 2;
  const i32 pairs = isPairs(h, w, outH, outW, kh, kw, sh, sw, ph, pw, dh, dw);
  const Inside inside = windowsInside(w, outW, sw, pw, (kw - 1) * dw);
  for (i32 p = 0; p < planes; p++, x += (usize)h * width) {
    if (pairs) {
      FOR_PAIRS(outH, outW, maxPairs(two, out + (usize)o * outWidth + at, outWidth, x + (usize)o * 2 * width + 2 * at,
                                     width, r))
      out += (usize)outH * outWidth;
      continue;
    }
    for (i32 o = 0; o < outH; o++, out += outWidth) {
      const i32 top = o * sh - ph;
      const i32 first = firstTap(top, dh), end = endTap(top, h, kh, dh);
      for (i32 c = 0; c < outW;) {
        const i32 left = c * sw - pw, together = windowsAt(inside, c);
        const usize to = out + ((usize)c << 2);
        if (together) {
          const usize from = x + (usize)((i64)(top * w + left) * 4);
          BY_STEP(sw, together, maxOfWindows(to, from, w, first, end, kw, step, dh, dw, r))
          c += together;
          continue;
        }
        const i32 before = firstTap(left, dw), behind = endTap(left, w, kw, dw);
        f32 best = -INFINITY;
        for (i32 i = first; i < end; i++) {
          const usize row = x + (usize)(top + i * dh) * width;
          for (i32 j = before; j < behind; j++) best = max1(best, load1(row + ((usize)(left + j * dw) << 2)));
        }
        store1(to, best);
        c++;
      }
    }
  }
}

/** Where v is greater than the best so far, or NaN. */
INLINE vi beats(vf v, vf best) { return (v > best) | (v != v); }

/** Gives dy of r windows of 2 x 2 to the first greatest of each. */
INLINE void maxPairsGrad(
    const i32 two, usize dx, usize dy, usize outWidth, usize x, usize width, i32 r) {
  const Pairs at = pairsAt(two, x, width, r);
  const vi m1 = beats(at.x1, at.x0);
  vf best = pick(m1, at.x1, at.x0);
  const vi m2 = beats(at.x2, best);
  best = pick(m2, at.x2, best);
  const vi m3 = beats(at.x3, best), m23 = m2 | m3;
  const vf g = two ? loadHalves(dy, dy + outWidth, r) : loadSome(dy, r);
  const vf d0 = keep(~(m1 | m23), g), d1 = keep(m1 & ~m23, g), d2 = keep(m2 & ~m3, g), d3 = keep(m3, g);
  storePairs(two, dx, dx + 2 * width, d0, d1, r);
  storePairs(two, dx + width, dx + 3 * width, d2, d3, r);
}

/** All windows of a plane. */
INLINE void maxPairsPlaneGrad(usize dx, usize dy, usize x, i32 h, i32 w, i32 outH, i32 outW) {
  const usize width = (usize)w << 2, outWidth = (usize)outW << 2, used = (usize)outW << 3;
  FOR_PAIRS(outH, outW, maxPairsGrad(two, dx + (usize)o * 2 * width + 2 * at, dy + (usize)o * outWidth + at, outWidth,
                                     x + (usize)o * 2 * width + 2 * at, width, r))
  if (used < width) {
    for (usize i = 0; i < 2 * (usize)outH; i++) memset((void *)(dx + i * width + used), 0, width - used);
  }
  if (2 * outH < h) memset((void *)(dx + 2 * (usize)outH * width), 0, (usize)(h - 2 * outH) * width);
}

/** As maxOfWindows; dx and x: where the first window's first tap lies, whose rows begin at tap `first`. */
INLINE void maxOfWindowsGrad(
    usize dx, usize dy, usize x, i32 w, i32 first, i32 end, i32 kw, i32 sw, i32 dh, i32 dw, i32 r) {
  vf best = splat(-INFINITY);
  vi place = splatInt(first * dh * w);
  for (i32 i = first; i < end; i++) {
    for (i32 j = 0; j < kw; j++) {
      const i32 at = i * dh * w + j * dw;
      const vf v = tapsAt(x + ((usize)at << 2), sw, r);
      const vi m = beats(v, best);
      best = pick(m, v, best);
      place = selectInt(m, splatInt(at), place);
    }
  }
  i32 places[LANES];
  memcpy(places, &place, sizeof places);
  for (i32 i = 0; i < r; i++) addAt(dx + ((usize)(places[i] + i * sw) << 2), load1(dy + ((usize)i << 2)));
}

KERNEL(void, maxPoolGrad, usize dx, usize dy, usize x, i32 planes, i32 h, i32 w, i32 outH, i32 outW, i32 kh, i32 kw,
       i32 sh, i32 sw, i32 ph, i32 pw, i32 dh, i32 dw) {
  const usize size = (usize)(h * w) << 2;
  const i32 pairs = isPairs(h, w, outH, outW, kh, kw, sh, sw, ph, pw, dh, dw);
  const Inside inside = windowsInside(w, outW, sw, pw, (kw - 1) * dw);
  for (i32 p = 0; p < planes; p++, x += size, dx += size) {
    if (pairs) {
      maxPairsPlaneGrad(dx, dy, x, h, w, outH, outW);
      dy += (usize)(outH * outW) << 2;
      continue;
    }
    memset((void *)dx, 0, size);
    for (i32 o = 0; o < outH; o++, dy += (usize)outW << 2) {
      const i32 top = o * sh - ph;
      const i32 first = firstTap(top, dh), end = endTap(top, h, kh, dh);
      for (i32 c = 0; c < outW;) {
        const i32 left = c * sw - pw, together = windowsAt(inside, c);
        const usize from = dy + ((usize)c << 2);
        if (together) {
          const usize skipped = (usize)((i64)(top * w + left) * 4);
          BY_STEP(sw, together,
                  maxOfWindowsGrad(dx + skipped, from, x + skipped, w, first, end, kw, step, dh, dw, r))
          c += together;
          continue;
        }
        const i32 before = firstTap(left, dw), behind = endTap(left, w, kw, dw);
        f32 best = -INFINITY;
        i32 place = (top + first * dh) * w + left + before * dw;
        for (i32 i = first; i < end; i++) {
          for (i32 j = before; j < behind; j++) {
            const i32 at = (top + i * dh) * w + left + j * dw;
            const f32 v = load1(x + ((usize)at << 2));
            if (v > best || v != v) {
              best = v;
              place = at;
            }
          }
        }
        addAt(dx + ((usize)place << 2), load1(from));
        c++;
      }
    }
  }
}
