// Adam, and AdamW, whose decay scales the parameters instead of adding to the gradient.
#include "update.h"

typedef struct {
  f32 count, stepSize, beta1, oneMinusBeta1, beta2, oneMinusBeta2, scale2, eps, weightDecay, decay;
} AdamScalars;

/** `exact` and `decays` are literals, so that each use is a loop of its own. */
INLINE i32 adamLoop(
    usize pOut, usize p, usize stride, usize g, usize apart, i32 n, const AdamScalars s, i32 exact, i32 decays) {
  const vf c = splat(s.count), inverse = splat(exactInverse(s.count)), stepSize = splat(s.stepSize);
  const vf beta1 = splat(s.beta1), gain1 = splat(s.oneMinusBeta1), beta2 = splat(s.beta2), gain2 = splat(s.oneMinusBeta2);
  const vf scale2 = splat(s.scale2), eps = splat(s.eps), wd = splat(s.weightDecay), decay = splat(s.decay);
  vi bad = {};
  for (usize i = 0; n > 0; n -= LANES, i += WIDE) {
    const vf p0 = loadSome(p + i, n);
    const vf d = decayed(mean(total(g + i, apart, n), c, inverse, exact), p0, wd, decays);
    const vf m1 = beta1 * loadSome(p + stride + i, n) + gain1 * d;
    const vf v1 = beta2 * loadSome(p + 2 * stride + i, n) + (gain2 * d) * d;
    const vf denominator = vsqrt(v1) * scale2 + eps;
    const vf p1 = p0 * decay - (stepSize * m1) / denominator;
    storeSome(pOut + stride + i, m1, n);
    storeSome(pOut + 2 * stride + i, v1, n);
    storeSome(pOut + i, p1, n);
    // A mean that is not finite shows in the parameter: it is divided by something finite, or gives NaN.
    bad |= nonFinite(p1) | nonFinite(v1);
  }
  return !anyTrue(bad);
}

KERNEL(i32, adam, usize pOut, usize p, u32 stride, usize g, usize more, i32 n, usize scalars) {
  AdamScalars s;
  memcpy(&s, (const void *)scalars, sizeof s);
  const usize apart = more ? more - g : 0;
  if (exactInverse(s.count) == 0) return adamLoop(pOut, p, stride, g, apart, n, s, 0, s.weightDecay != 0);
  if (s.weightDecay != 0) return adamLoop(pOut, p, stride, g, apart, n, s, 1, 1);
  if (apart) return adamLoop(pOut, p, stride, g, apart, n, s, 1, 0);
  return adamLoop(pOut, p, stride, g, 0, n, s, 1, 0);
}
