// Softmax cross-entropy of many positions, of which some do not count, with smoothing and weights of classes; and which
// numbers differ from one. What the gradient needs of a row besides, its maximum and its sum, lies behind the losses.
#include "rows.h"

/** Vectors of sixteen lanes, in which sums of exponentials are kept. */
#define PARTS (16 / LANES)
/** Vectors that are exponentiated together. */
#define TOGETHER 4

/** The largest of n numbers, NaN left out; never -0, so that the order does not matter. */
INLINE f32 largest(usize a, i32 n) {
  vf m = splat(-INFINITY);
  for (; n > 0; n -= LANES, a += WIDE) m = pmax(m, loadSome(a, n));
  return greatestLane(m) + 0;
}

/** Sum of exp(a - top): element j goes to lane j mod 16, and the four fours of lanes are added as (s0 + s2) + (s1 + s3). */
INLINE f32 wideSumOfExp(usize a, i32 n, f32 top) {
  const vf m = splat(top);
  vf s[PARTS] = {};
  for (; n >= TOGETHER * LANES; n -= TOGETHER * LANES, a += TOGETHER * WIDE) {
    vf e[TOGETHER];
#pragma GCC unroll 4
    for (i32 i = 0; i < TOGETHER; i++) e[i] = load(a + (usize)i * WIDE) - m;
    vexps(TOGETHER, e);
#pragma GCC unroll 4
    for (i32 i = 0; i < TOGETHER; i++) s[i % PARTS] = s[i % PARTS] + e[i];
  }
  for (; n > 0; n -= 16, a += 64) {
#pragma GCC unroll 4
    for (i32 i = 0; i < PARTS; i++) {
      const i32 left = n - i * LANES;
      if (left > 0) s[i] = s[i] + keep(laneMask(left), vexp(loadSome(a + (usize)i * WIDE, left) - m));
    }
  }
  f32x4 four[4];
  memcpy(four, s, sizeof four);
  return sumLanes((four[0] + four[2]) + (four[1] + four[3]));
}

/** Sum of w (top - x), element j in lane j mod 4; without weights each is 1. */
INLINE f32 distances(usize x, usize weights, i32 n, f32 top) {
  const vf m = splat(top);
  f32x4 s = {};
  for (usize i = 0; n > 0; n -= LANES, i += WIDE) {
    const vf far = m - loadSome(x + i, n);
    s = addFours(s, keep(laneMask(n), weights ? loadZero(weights + i, n) * far : far));
  }
  return sumLanes(s);
}

INLINE f32 weightOf(usize weights, i32 label) { return weights ? load1(weights + ((usize)label << 2)) : 1; }

INLINE f32 wholeWeight(usize weights, i32 classes) { return weights ? sumRow(weights, classes) : (f32)classes; }

/** As many rows at once as one logarithm has lanes. */
KERNEL(void, positionCrossEntropy, usize out, usize logits, usize labels, usize weights, i32 rows, i32 classes,
       f32 smoothing, i32 ignored) {
  const f32 share = smoothing / (f32)classes, kept = 1 - smoothing, whole = wholeWeight(weights, classes);
  const usize after = (usize)rows << 2, bytes = (usize)classes << 2;
  for (; rows > 0; rows -= LANES, out += WIDE, labels += WIDE, logits += LANES * bytes) {
    const i32 count = minInt(rows, LANES);
    f32 tops[LANES] = {0}, totals[LANES] = {0}, rests[LANES];
    for (i32 i = 0; i < count; i++) {
      const i32 label = loadInt(labels + ((usize)i << 2));
      if (label == ignored || (u32)label >= (u32)classes) continue;
      tops[i] = largest(logits + (usize)i * bytes, classes);
      totals[i] = wideSumOfExp(logits + (usize)i * bytes, classes, tops[i]);
    }
    store((usize)rests, vlog(load((usize)totals)));
    for (i32 i = 0; i < count; i++) {
      const usize at = (usize)i << 2, row = logits + (usize)i * bytes;
      const i32 label = loadInt(labels + at);
      f32 loss = label == ignored ? 0 : NAN;
      if (label != ignored && (u32)label < (u32)classes) {
        loss = kept * weightOf(weights, label) * (rests[i] + (tops[i] - load1(row + ((usize)label << 2))));
        if (smoothing > 0) loss = loss + share * (whole * rests[i] + distances(row, weights, classes, tops[i]));
      }
      store1(out + at, loss);
      store1(out + after + at, tops[i]);
      store1(out + 2 * after + at, totals[i]);
    }
  }
}

/** How a row's gradient comes of its logits: exp(x - top) scale, and less of spread, by weights, if it is smoothed. */
typedef struct {
  usize weights;
  vf top, scale, spread;
} Slope;

/** `count` (a literal) vectors from the i-th byte of the row, the last of r lanes. */
INLINE void slopesAt(const i32 isSmoothed, const i32 count, usize out, usize x, usize i, const Slope slope, i32 r) {
  vf d[TOGETHER];
#pragma GCC unroll 4
  for (i32 v = 0; v < count; v++) d[v] = loadSome(x + i + (usize)v * WIDE, v == count - 1 ? r : LANES) - slope.top;
  vexps(count, d);
#pragma GCC unroll 4
  for (i32 v = 0; v < count; v++, i += WIDE) {
    const i32 n = v == count - 1 ? r : LANES;
    d[v] = d[v] * slope.scale;
    if (isSmoothed) d[v] = d[v] - (slope.weights ? loadSome(slope.weights + i, n) * slope.spread : slope.spread);
    storeSome(out + i, d[v], n);
  }
}

INLINE void gradientOfRow(const i32 isSmoothed, usize out, usize x, i32 n, const Slope slope) {
  usize i = 0;
  for (; n >= TOGETHER * LANES; n -= TOGETHER * LANES, i += TOGETHER * WIDE) {
    slopesAt(isSmoothed, TOGETHER, out, x, i, slope, LANES);
  }
  for (; n > 0; n -= LANES, i += WIDE) slopesAt(isSmoothed, 1, out, x, i, slope, n);
}

KERNEL(void, positionCrossEntropyGrad, usize out, usize dloss, usize logits, usize labels, usize weights, usize record,
       i32 rows, i32 classes, f32 smoothing) {
  const f32 share = smoothing / (f32)classes, kept = 1 - smoothing, whole = share * wholeWeight(weights, classes);
  const usize after = (usize)rows << 2, bytes = (usize)classes << 2;
  for (; rows > 0; --rows, dloss += 4, labels += 4, record += 4, out += bytes, logits += bytes) {
    const i32 label = loadInt(labels);
    const f32 total = load1(record + 2 * after);
    // A row that does not count has no sum.
    if (!(total > 0) || (u32)label >= (u32)classes) {
      memset((void *)out, 0, bytes);
      continue;
    }
    const f32 d = load1(dloss), own = kept * weightOf(weights, label);
    const Slope slope = {weights, splat(load1(record + after)), splat(d * ((own + whole) / total)), splat(d * share)};
    if (smoothing > 0) gradientOfRow(1, out, logits, classes, slope);
    else gradientOfRow(0, out, logits, classes, slope);
    const usize hot = out + ((usize)label << 2);
    store1(hot, load1(hot) - d * own);
  }
}

KERNEL(void, differsFrom, usize out, usize a, i32 n, i32 value) {
  for (; n > 0; n -= LANES, a += WIDE, out += WIDE) {
    storeSome(out, keep((vi)loadSome(a, n) != splatInt(value), splat(1)), n);
  }
}
