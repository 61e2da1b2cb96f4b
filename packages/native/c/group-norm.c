// Normalisation of each group of neighbouring channels of one row of [rows, groups, channels, inner]; with inner 1, of
// stretches of a row whose elements have weights of their own. What is noted of each group, its mean and
// 1 / sqrt(variance + epsilon), serves the gradients. Sums over rows are added one row after the other.
#include "norm-rows.h"

/** What a group's channels become, given its mean and scale. */
INLINE void scaleGroup(usize out, usize x, usize weight, usize bias, i32 channels, i32 inner, f32 mean, f32 scale) {
  if (inner == 1) {
    affineRow(out, x, weight, bias, channels, mean, scale);
    return;
  }
  for (i32 c = 0; c < channels; c++, out += (usize)inner << 2, x += (usize)inner << 2) {
    scaleRow(out, x, inner, mean, scale * weightAt(weight, c, 1), weightAt(bias, c, 0));
  }
}

KERNEL(void, groupNorm, usize out, usize stats, usize x, usize weight, usize bias, i32 rows, i32 groups, i32 channels,
       i32 inner, f32 epsilon, i32 centred) {
  const i32 n = channels * inner;
  const usize length = (usize)n << 2;
  i32 g = 0;
  for (i32 left = rows * groups; left > 0; left -= STRETCHES) {
    const i32 count = minInt(STRETCHES, left);
    f32 means[STRETCHES] = {0}, variances[STRETCHES];
    if (centred) {
      sumStretches(ELEMENT, count, means, x, 0, 0, means, length, n);
      for (i32 i = 0; i < count; i++) means[i] = means[i] / (f32)n;
    }
    sumStretches(SQUARED_DISTANCE, count, variances, x, 0, 0, means, length, n);
    for (i32 i = 0; i < count; i++, stats += 8, out += length, x += length) {
      const f32 scale = inverse1(variances[i] / (f32)n, epsilon);
      store1(stats, means[i]);
      store1(stats + 4, scale);
      const usize first = (usize)(g * channels) << 2;
      scaleGroup(out, x, further(weight, first), further(bias, first), channels, inner, means[i], scale);
      if (++g == groups) g = 0;
    }
  }
}

/** Of the channels of a group: the sum of w dy, unless it is not `centred`, and of w dy (x - mean). */
INLINE void groupMoments(
    f32 *s, f32 *t, usize dy, usize x, usize w, i32 channels, i32 inner, f32 mean, i32 centred) {
  const f32 means[STRETCHES] = {mean, mean, mean, mean};
  const usize length = (usize)inner << 2;
  *s = *t = 0;
  for (i32 c = 0; c < channels; c += STRETCHES, dy += STRETCHES * length, x += STRETCHES * length) {
    const i32 count = minInt(STRETCHES, channels - c);
    f32 sums[STRETCHES] = {0}, moments[STRETCHES];
    if (centred) sumStretches(ELEMENT, count, sums, dy, 0, 0, means, length, inner);
    sumStretches(MOMENT, count, moments, dy, x, 0, means, length, inner);
    for (i32 i = 0; i < count; i++) {
      const f32 by = weightAt(w, c + i, 1);
      if (centred) *s += by * sums[i];
      *t += by * moments[i];
    }
  }
}

/** The same of `count` groups whose elements have weights of their own, the same for all groups. */
INLINE void rowMoments(
    f32 *s, f32 *t, usize dy, usize x, usize w, i32 count, i32 n, const f32 *means, i32 centred) {
  const usize length = (usize)n << 2;
  if (centred && w) sumStretches(WEIGHTED, count, s, dy, 0, w, means, length, n);
  else if (centred) sumStretches(ELEMENT, count, s, dy, 0, 0, means, length, n);
  if (w) sumStretches(WEIGHTED_MOMENT, count, t, dy, x, w, means, length, n);
  else sumStretches(MOMENT, count, t, dy, x, 0, means, length, n);
}

KERNEL(void, groupNormGrad, usize dx, usize dy, usize x, usize stats, usize weight, i32 rows, i32 groups, i32 channels,
       i32 inner, i32 centred) {
  const i32 n = channels * inner;
  const usize length = (usize)n << 2;
  const i32 together = inner == 1 && groups == 1 ? STRETCHES : 1;
  i32 g = 0;
  for (i32 left = rows * groups; left > 0; left -= together) {
    const i32 count = minInt(together, left);
    const usize w = further(weight, (usize)(g * channels) << 2);
    f32 means[STRETCHES], s[STRETCHES] = {0}, t[STRETCHES];
    for (i32 i = 0; i < count; i++) means[i] = load1(stats + 8 * (usize)i);
    if (inner == 1) rowMoments(s, t, dy, x, w, count, n, means, centred);
    else groupMoments(s, t, dy, x, w, channels, inner, means[0], centred);
    for (i32 i = 0; i < count; i++, stats += 8) {
      const f32 scale = load1(stats + 4);
      const f32 m1 = s[i] / (f32)n, k = t[i] / (f32)n * scale * scale;
      if (inner == 1) {
        weightedGradRow(dx, dy, x, w, n, means[i], m1, k, scale);
      } else {
        for (i32 c = 0; c < channels; c++) {
          const usize skipped = (usize)(c * inner) << 2;
          gradRow(dx + skipped, dy + skipped, x + skipped, inner, weightAt(w, c, 1), means[i], m1, k, scale);
        }
      }
      dx += length;
      dy += length;
      x += length;
    }
    if (++g == groups) g = 0;
  }
}

INLINE void addElements(usize biases, usize weights, usize dy, usize x, i32 n, f32 mean, f32 scale) {
  const vf m = splat(mean), s = splat(scale);
  for (usize i = 0; n > 0; n -= LANES, i += WIDE) {
    const vf d = loadSome(dy + i, n);
    const vf normal = (loadSome(x + i, n) - m) * s;
    storeSome(biases + i, loadSome(biases + i, n) + d, n);
    storeSome(weights + i, loadSome(weights + i, n) + d * normal, n);
  }
}

/** Of each channel, the sums of its stretch. */
INLINE void addStretches(usize biases, usize weights, usize dy, usize x, i32 channels, i32 inner, f32 mean, f32 scale) {
  const f32 means[STRETCHES] = {mean, mean, mean, mean};
  const usize length = (usize)inner << 2;
  for (; channels > 0; channels -= STRETCHES, dy += STRETCHES * length, x += STRETCHES * length) {
    const i32 count = minInt(STRETCHES, channels);
    f32 sums[STRETCHES], moments[STRETCHES];
    sumStretches(ELEMENT, count, sums, dy, 0, 0, means, length, inner);
    sumStretches(MOMENT, count, moments, dy, x, 0, means, length, inner);
    for (i32 i = 0; i < count; i++, biases += 4, weights += 4) {
      store1(biases, load1(biases) + sums[i]);
      store1(weights, load1(weights) + scale * moments[i]);
    }
  }
}

KERNEL(void, groupNormSums, usize out, usize dy, usize x, usize stats, i32 rows, i32 groups, i32 channels, i32 inner) {
  const usize all = (usize)(groups * channels) << 2, length = (usize)(channels * inner) << 2;
  memset((void *)out, 0, 2 * all);
  for (i32 i = 0; i < rows; i++) {
    for (i32 g = 0; g < groups; g++, stats += 8, dy += length, x += length) {
      const f32 mean = load1(stats), scale = load1(stats + 4);
      const usize biases = out + ((usize)(g * channels) << 2), weights = biases + all;
      if (inner == 1) addElements(biases, weights, dy, x, channels, mean, scale);
      else addStretches(biases, weights, dy, x, channels, inner, mean, scale);
    }
  }
}
