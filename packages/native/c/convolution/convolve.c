// y = x * w, convolved, and its transpose, which is also the gradient of x. Both copy each sample into an image with a
// border of zeros and run tiles over it. The transpose has a set of taps for each phase of the stride: those of the
// kernel that meet it.
#include "image.h"
#include "tiles.h"

/** The image of x with the border that the kernel wants; `least` floats from the first position on are read at once. */
static Image imageOfX(Geometry *g, i32 least) {
  const i32 spanH = (g->outH - 1) * g->sh + (g->kh - 1) * g->dh + 1;
  const i32 spanW = (g->outW - 1) * g->sw + (g->kw - 1) * g->dw + 1;
  const i32 down = g->kh == 1 ? 1 : g->sh, across = g->kw == 1 ? 1 : g->sw;
  Image image = describeImage(g->c, g->h, g->w, spanH, spanW, g->sh, g->sw, down, across, g->top, g->left);
  const i32 isWhole = g->sh == 1 && g->sw == 1 && g->top == 0 && g->left == 0 && spanH <= g->h && spanW <= g->w;
  if (isWhole && (g->outH - 1) * g->w + g->outW >= least && !collides(g->h * g->w)) readDirectly(&image);
  makeImage(g, &image);
  return image;
}

/** The positions as tiles take them. rows: of the result; positionRows: of its positions, before any became one */
static Positions arrange(Positions all, Taps *taps, i32 rows, i32 positionRows) {
  if (all.rows != positionRows) taps->extent = 0;
  all = turnedOrNot(all, rows, everyTap(taps));
  all.width = (u8)widthOf(&all, taps, rows);
  return all;
}

KERNEL(void, convolve, usize out, usize x, usize weight, usize bias, usize scratch, i32 samples, i32 c, i32 h, i32 w,
       i32 o, i32 outH, i32 outW, i32 kh, i32 kw, i32 sh, i32 sw, i32 top, i32 left, i32 dh, i32 dw, i32 groups) {
  if (samples == 0) return;
  Geometry g = geometry(scratch, samples, c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups);
  const Image image = imageOfX(&g, LANES);
  Taps taps = {g.cg, kh, kw, -top, dh, sh == 1 && allFinite(weight, o * g.cg * kh * kw) ? h : 0};
  const Positions positions =
      arrange(positionsOf(outH, outW, image.pitch, (usize)outW << 2, 4, image.direct), &taps, g.og, outH);
  const usize row = (usize)everyTap(&taps) << 2;
  const usize weights = g.free;
  usize to = weights;
  for (i32 group = 0; group < groups; group++) {
    usize from = weight + (usize)group * (usize)g.og * row;
    for (i32 rest = g.og; rest > 0;) {
      const i32 n = blockRows(&positions, rest);
      for (i32 ci = 0; ci < g.cg; ci++) {
        for (i32 r = 0; r < kh; r++) {
          for (i32 s = 0; s < kw; s++) {
            storeInt(to, (i32)(((u32)(ci * image.channel) << 2) + imageOffset(&image, r * dh, s * dw)));
            for (i32 i = 0; i < n; i++) store1(to + 4 + ((usize)i << 2), load1(from + (usize)i * row));
            to += tapBytes(n);
            from += 4;
          }
        }
      }
      from += (usize)(n - 1) * row;
      rest -= n;
    }
  }
  const usize groupBytes = (to - weights) / (usize)groups;
  const usize plane = (usize)outH * (usize)outW << 2;
  const usize group = (usize)image.channel * (usize)g.cg << 2;
  for (; samples > 0; --samples) {
    usize from = placeSample(&image, x);
    usize b = bias;
    for (i32 i = 0; i < groups; i++) {
      runTiles(out, from, weights + (usize)i * groupBytes, &taps, g.og, b, &positions, plane);
      out += (usize)g.og * plane;
      if (b) b += (usize)g.og << 2;
      from += group;
    }
    x += (usize)c * (usize)h * (usize)w << 2;
  }
}

/** Rounds towards minus infinity. */
INLINE i32 floorDiv(i32 a, i32 b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

/** The image of y with the border that all positions of x want. */
static Image imageOfY(Geometry *g) {
  const i32 above = maxInt(0, -floorDiv(g->top - (g->kh - 1) * g->dh, g->sh));
  const i32 before = maxInt(0, -floorDiv(g->left - (g->kw - 1) * g->dw, g->sw));
  const i32 spanH = above + maxInt(g->outH, (g->h - 1 + g->top) / g->sh + 1);
  const i32 spanW = before + maxInt(g->outW, (g->w - 1 + g->left) / g->sw + 1);
  Image image = describeImage(g->o, g->outH, g->outW, spanH, spanW, 1, 1, 1, 1, above, before);
  const i32 isWhole = spanH == g->outH && spanW == g->outW;
  // Vectors go on into the next row where nothing is skipped; else each row has its own.
  const i32 columns = g->sh == 1 && g->sw == 1 ? (g->h - 1) * g->outW + g->w : g->w / g->sw;
  if (isWhole && columns >= LANES && !collides(g->outH * g->outW)) readDirectly(&image);
  makeImage(g, &image);
  return image;
}

/** Of `taps`, `d` apart, those that meet a phase of the stride `step` that begins at `first`. */
typedef struct {
  i32 count;
  /** The first one's position in y, and positions from one to the next. */
  i32 first, step;
} Meeting;

INLINE Meeting meetingOf(i32 taps, i32 first, i32 d, i32 step) {
  Meeting all = {0, 0, 0};
  for (i32 k = 0; k < taps; k++) {
    const i32 place = first - k * d;
    if (place % step) continue;
    if (all.count == 0) all.first = place / step;
    if (all.count == 1) all.step = place / step - all.first;
    all.count++;
  }
  return all;
}

/** Of n channels: taps of one phase: where in y each of them stands for position 0 of the phase, and the weights. */
static usize packPhase(const Geometry *g, const Image *image, usize to, usize weight, i32 a, i32 b, i32 n) {
  const usize taps = (usize)(g->kh * g->kw) << 2;
  for (i32 oi = 0; oi < g->og; oi++) {
    for (i32 r = 0; r < g->kh; r++) {
      const i32 i = a + g->top - r * g->dh;
      if (i % g->sh) continue;
      for (i32 s = 0; s < g->kw; s++) {
        const i32 j = b + g->left - s * g->dw;
        if (j % g->sw) continue;
        const i32 offset = (i / g->sh + image->top) * image->pitch + j / g->sw + image->left;
        storeInt(to, (i32)((u32)(oi * image->channel + offset) << 2));
        const usize from = weight + ((usize)(r * g->kw + s) << 2);
        for (i32 k = 0; k < n; k++) store1(to + 4 + ((usize)k << 2), load1(from + (usize)k * taps));
        to += tapBytes(n);
      }
    }
    weight += (usize)g->cg * taps;
  }
  return to;
}

/** Of a phase, what stays the same for all samples. */
typedef struct {
  /** Weights of the first group, and bytes from one group to the next. */
  usize weights;
  u32 groupBytes;
  Positions positions;
  Taps taps;
} Phase;

_Static_assert(sizeof(Phase) <= 64, "scratch memory has 16 words for a phase");

static void preparePhase(Geometry *g, const Image *image, Phase *phase, usize weight, i32 finite, i32 a, i32 b) {
  const usize taps = (usize)(g->kh * g->kw) << 2;
  usize at = g->free;
  phase->weights = at;
  const Meeting down = meetingOf(g->kh, a + g->top, g->dh, g->sh);
  const Meeting across = meetingOf(g->kw, b + g->left, g->dw, g->sw);
  phase->taps = (Taps){g->og, down.count, across.count, down.first, down.step, finite ? g->outH : 0};
  const i32 rows = ceilDiv(g->h - a, g->sh), cols = ceilDiv(g->w - b, g->sw);
  phase->positions = arrange(positionsOf(rows, cols, image->pitch, (usize)(g->sh * g->w) << 2, (usize)g->sw << 2,
                                         image->direct),
                             &phase->taps, g->cg, rows);
  for (i32 group = 0; group < g->groups; group++) {
    usize from = weight + (usize)group * (usize)(g->og * g->cg) * taps;
    for (i32 rest = g->cg; rest > 0;) {
      const i32 n = blockRows(&phase->positions, rest);
      at = packPhase(g, image, at, from, a, b, n);
      from += (usize)n * taps;
      rest -= n;
    }
  }
  phase->groupBytes = (u32)((at - phase->weights) / (usize)g->groups);
  g->free = at;
}

KERNEL(void, convolveTransposed, usize out, usize y, usize weight, usize bias, usize scratch, i32 samples, i32 c, i32 h,
       i32 w, i32 o, i32 outH, i32 outW, i32 kh, i32 kw, i32 sh, i32 sw, i32 top, i32 left, i32 dh, i32 dw,
       i32 groups) {
  if (samples == 0) return;
  Geometry g = geometry(scratch, samples, c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups);
  const Image image = imageOfY(&g);
  const i32 across = minInt(sw, w);
  const i32 phases = minInt(sh, h) * across;
  Phase *const list = (Phase *)room(&g, (usize)phases * (sizeof(Phase) / 4));
  const i32 finite = allFinite(weight, o * g.cg * kh * kw);
  i32 empty = 0;
  for (i32 p = 0; p < phases; p++) {
    preparePhase(&g, &image, &list[p], weight, finite, p / across, p % across);
    if (everyTap(&list[p].taps) == 0) empty = 1;
  }
  // What no tap meets is +0.
  if (empty && !bias) memset((void *)out, 0, (usize)samples * (usize)c * (usize)h * (usize)w << 2);
  const usize plane = (usize)h * (usize)w << 2;
  const usize group = (usize)image.channel * (usize)g.og << 2;
  for (; samples > 0; --samples) {
    const usize from = placeSample(&image, y);
    for (i32 p = 0; p < phases; p++) {
      const Phase *phase = &list[p];
      if (everyTap(&phase->taps) == 0 && !bias) continue;
      const i32 a = p / across, b = p % across;
      const usize first = out + ((usize)(a * w + b) << 2);
      for (usize i = 0; i < (usize)groups; i++) {
        runTiles(first + i * (usize)g.cg * plane, from + i * group, phase->weights + i * phase->groupBytes,
                 &phase->taps, g.cg, bias ? bias + (i * (usize)g.cg << 2) : 0, &phase->positions, plane);
      }
    }
    out += (usize)c * plane;
    y += (usize)o * (usize)outH * (usize)outW << 2;
  }
}
