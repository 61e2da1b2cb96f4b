// Means of windows of the planes [h, w] of [planes, h, w], or of parts as even as can be, and their gradients. Order:
// sums go from left to right, then from top to bottom; gradients are added window by window, in the same order.
#include "windows.h"

/** Planes whose parts are summed side by side: a sum is one chain of additions. */
#define PLANES_TOGETHER 8

/** Sums of the rows [top, bottom) and columns [left, right) of `count` planes, `plane` bytes apart and w wide. */
INLINE void sumsOf(const i32 count, f32 *s, usize x, usize plane, i32 w, i32 top, i32 bottom, i32 left, i32 right) {
#pragma GCC unroll 8
  for (i32 p = 0; p < count; p++) s[p] = 0;
  for (i32 i = top; i < bottom; i++) {
    const usize row = x + ((usize)(i * w) << 2);
    for (i32 j = left; j < right; j++) {
#pragma GCC unroll 8
      for (i32 p = 0; p < count; p++) s[p] += load1(row + (usize)p * plane + ((usize)j << 2));
    }
  }
}

/** As sumsOf, divided; of as many planes as there are, `outPlane` bytes apart in `out`. */
INLINE void meansOf(usize out, usize outPlane, usize x, usize plane, i32 planes, i32 w, i32 top, i32 bottom, i32 left,
                    i32 right, f32 by) {
  f32 s[PLANES_TOGETHER];
  for (; planes >= PLANES_TOGETHER; planes -= PLANES_TOGETHER, x += PLANES_TOGETHER * plane) {
    sumsOf(PLANES_TOGETHER, s, x, plane, w, top, bottom, left, right);
    for (i32 p = 0; p < PLANES_TOGETHER; p++, out += outPlane) store1(out, s[p] / by);
  }
  for (; planes > 0; --planes, x += plane, out += outPlane) {
    sumsOf(1, s, x, plane, w, top, bottom, left, right);
    store1(out, s[0] / by);
  }
}

/** Adds g to those of one plane. */
INLINE void addTo(usize dx, i32 w, i32 top, i32 bottom, i32 left, i32 right, f32 g) {
  if (right - left >= 4) {
    for (i32 i = top; i < bottom; i++) {
      const usize row = dx + ((usize)(i * w) << 2);
      for (i32 j = left; j < right; j++) addAt(row + ((usize)j << 2), g);
    }
    return;
  }
  // Down the columns: compilers would take narrow rows for vectors, too.
  for (i32 j = left; j < right; j++) {
    usize to = dx + ((usize)(top * w + j) << 2);
    for (i32 i = top; i < bottom; i++, to += (usize)w << 2) addAt(to, g);
  }
}

/** How many of `taps` from `start` on lie in `size`, or, if it is `padded`, before the end of the padding. */
INLINE i32 tapsOf(i32 start, i32 size, i32 taps, i32 padding, i32 padded) {
  return padded ? minInt(start + taps, size + padding) - start : minInt(start + taps, size) - maxInt(start, 0);
}

/** What a window's sum is divided by: `divisor` if it is not 0; else its taps in the plane, or with the padding's. */
INLINE f32 countOf(i32 top, i32 left, i32 h, i32 w, i32 kh, i32 kw, i32 ph, i32 pw, i32 padded, f32 divisor) {
  if (divisor != 0) return divisor;
  return (f32)tapsOf(top, h, kh, ph, padded) * (f32)tapsOf(left, w, kw, pw, padded);
}

/** The means of r windows side by side, whose rows are those of x from `first` to before `end`. */
INLINE void meansOfWindows(usize out, usize x, i32 w, i32 first, i32 end, i32 kw, i32 sw, f32 by, i32 r) {
  vf s = splat(0);
  for (i32 i = first; i < end; i++) {
    const usize row = x + ((usize)(i * w) << 2);
    for (i32 j = 0; j < kw; j++) s = s + tapsAt(row + ((usize)j << 2), sw, r);
  }
  storeSome(out, s / splat(by), r);
}

INLINE void meansOfPairs(const i32 two, usize out, usize outWidth, usize x, usize width, f32 by, i32 r) {
  const Pairs at = pairsAt(two, x, width, r);
  const vf mean = ((((splat(0) + at.x0) + at.x1) + at.x2) + at.x3) / splat(by);
  if (two) storeHalves(out, out + outWidth, mean, r);
  else storeSome(out, mean, r);
}

KERNEL(void, avgPool, usize out, usize x, i32 planes, i32 h, i32 w, i32 outH, i32 outW, i32 kh, i32 kw, i32 sh, i32 sw,
       i32 ph, i32 pw, i32 padded, f32 divisor) {
  const usize width = (usize)w << 2, outWidth = (usize)outW << 2;
  const i32 pairs = isPairs(h, w, outH, outW, kh, kw, sh, sw, ph, pw, 1, 1);
  const Inside inside = windowsInside(w, outW, sw, pw, kw - 1);
  if (outH == 1 && outW == 1) {
    const f32 by = countOf(-ph, -pw, h, w, kh, kw, ph, pw, padded, divisor);
    meansOf(out, 4, x, (usize)h * width, planes, w, 0, minInt(kh - ph, h), 0, minInt(kw - pw, w), by);
    return;
  }
  for (i32 p = 0; p < planes; p++, x += (usize)h * width) {
    if (pairs) {
      const f32 by = divisor == 0 ? 4 : divisor;
      FOR_PAIRS(outH, outW, meansOfPairs(two, out + (usize)o * outWidth + at, outWidth,
                                         x + (usize)o * 2 * width + 2 * at, width, by, r))
      out += (usize)outH * outWidth;
      continue;
    }
    for (i32 o = 0; o < outH; o++, out += outWidth) {
      const i32 top = o * sh - ph;
      const i32 first = maxInt(top, 0), end = minInt(top + kh, h);
      for (i32 c = 0; c < outW;) {
        const i32 left = c * sw - pw, together = windowsAt(inside, c);
        const usize to = out + ((usize)c << 2);
        const f32 by = countOf(top, left, h, w, kh, kw, ph, pw, padded, divisor);
        if (together) {
          BY_STEP(sw, together, meansOfWindows(to, x + ((usize)left << 2), w, first, end, kw, step, by, r))
          c += together;
          continue;
        }
        f32 s;
        sumsOf(1, &s, x, 0, w, first, end, maxInt(left, 0), minInt(left + kw, w));
        store1(to, s / by);
        c++;
      }
    }
  }
}

/**
 * A row of n values, each kw times, and then all of it kh times; what is left of the width is 0.
 *
 * onto: what they are added to, -0 or 0: a sum with -0 is the value itself, one with 0 has no -0
 */
INLINE void spreadRow(usize dx, usize dy, i32 n, i32 w, i32 kh, i32 kw, f32 divisor, f32 onto) {
  usize to = dx;
  if (kw == 2) {
    for (; n > 0; n -= LANES, dy += WIDE) {
      const vf g = splat(onto) + loadSome(dy, n) / splat(divisor);
      storePairs(0, to, 0, g, g, minInt(n, LANES));
      to += (usize)minInt(n, LANES) << 3;
    }
  }
  for (; n > 0; --n, dy += 4) {
    const f32 g = onto + load1(dy) / divisor;
    for (i32 j = 0; j < kw; j++, to += 4) store1(to, g);
  }
  const usize width = (usize)w << 2;
  memset((void *)to, 0, dx + width - to);
  for (i32 j = 1; j < kh; j++) memcpy((void *)(dx + (usize)j * width), (const void *)dx, width);
}

KERNEL(void, avgPoolGrad, usize dx, usize dy, i32 planes, i32 h, i32 w, i32 outH, i32 outW, i32 kh, i32 kw, i32 sh,
       i32 sw, i32 ph, i32 pw, i32 padded, f32 divisor) {
  const usize size = (usize)(h * w) << 2;
  const i32 tiles = kh == sh && kw == sw && ph == 0 && pw == 0 && outH * kh <= h && outW * kw <= w;
  for (i32 p = 0; p < planes; p++, dx += size) {
    if (tiles) {
      const f32 by = countOf(0, 0, h, w, kh, kw, 0, 0, padded, divisor);
      for (i32 o = 0; o < outH; o++, dy += (usize)outW << 2) {
        spreadRow(dx + ((usize)(o * kh * w) << 2), dy, outW, w, kh, kw, by, -0.0f);
      }
      const usize used = (usize)(outH * kh * w) << 2;
      memset((void *)(dx + used), 0, size - used);
      continue;
    }
    memset((void *)dx, 0, size);
    for (i32 o = 0; o < outH; o++) {
      const i32 top = o * sh - ph;
      for (i32 c = 0; c < outW; c++, dy += 4) {
        const i32 left = c * sw - pw;
        const f32 g = load1(dy) / countOf(top, left, h, w, kh, kw, ph, pw, padded, divisor);
        addTo(dx, w, maxInt(top, 0), minInt(top + kh, h), maxInt(left, 0), minInt(left + kw, w), g);
      }
    }
  }
}

/** Where part o of `parts` begins: floor(o * size / parts). */
INLINE i32 partStart(i32 o, i32 size, i32 parts) { return (i32)((i64)o * size / parts); }

/** Where it ends: ceil((o + 1) * size / parts). */
INLINE i32 partEnd(i32 o, i32 size, i32 parts) { return (i32)(((i64)(o + 1) * size + parts - 1) / parts); }

KERNEL(void, adaptiveAvgPool, usize out, usize x, i32 planes, i32 h, i32 w, i32 outH, i32 outW) {
  const usize plane = (usize)(h * w) << 2, outPlane = (usize)(outH * outW) << 2;
  for (; planes > 0; planes -= PLANES_TOGETHER, out += PLANES_TOGETHER * outPlane, x += PLANES_TOGETHER * plane) {
    usize to = out;
    for (i32 o = 0; o < outH; o++) {
      const i32 top = partStart(o, h, outH), bottom = partEnd(o, h, outH);
      for (i32 c = 0; c < outW; c++, to += 4) {
        const i32 left = partStart(c, w, outW), right = partEnd(c, w, outW);
        meansOf(to, outPlane, x, plane, minInt(planes, PLANES_TOGETHER), w, top, bottom, left, right,
                (f32)(bottom - top) * (f32)(right - left));
      }
    }
  }
}

KERNEL(void, adaptiveAvgPoolGrad, usize dx, usize dy, i32 planes, i32 h, i32 w, i32 outH, i32 outW) {
  const usize size = (usize)(h * w) << 2;
  const i32 kh = h / outH, kw = w / outW;
  const i32 tiles = outH * kh == h && outW * kw == w;
  for (i32 p = 0; p < planes; p++, dx += size) {
    if (tiles) {
      for (i32 o = 0; o < outH; o++, dy += (usize)outW << 2) {
        spreadRow(dx + ((usize)(o * kh * w) << 2), dy, outW, w, kh, kw, (f32)kh * (f32)kw, 0);
      }
      continue;
    }
    memset((void *)dx, 0, size);
    for (i32 o = 0; o < outH; o++) {
      const i32 top = partStart(o, h, outH), bottom = partEnd(o, h, outH);
      for (i32 c = 0; c < outW; c++, dy += 4) {
        const i32 left = partStart(c, w, outW), right = partEnd(c, w, outW);
        addTo(dx, w, top, bottom, left, right, load1(dy) / ((f32)(bottom - top) * (f32)(right - left)));
      }
    }
  }
}
