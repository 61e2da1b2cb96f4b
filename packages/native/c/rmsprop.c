// RMSprop, plain and with momentum.
#include "update.h"

typedef struct {
  f32 count, lr, alpha, oneMinusAlpha, eps, weightDecay;
} RmspropScalars;

/** s = alpha s + (1 - alpha) d^2 */
INLINE vf meanSquare(usize s, vf d, vf alpha, vf gain, i32 r) { return alpha * loadSome(s, r) + (gain * d) * d; }

KERNEL(i32, rmsprop, usize pOut, usize p, u32 stride, usize g, usize more, i32 n, usize scalars) {
  RmspropScalars s;
  memcpy(&s, (const void *)scalars, sizeof s);
  const vf c = splat(s.count), inverse = splat(exactInverse(s.count)), lr = splat(s.lr), wd = splat(s.weightDecay);
  const vf alpha = splat(s.alpha), gain = splat(s.oneMinusAlpha), eps = splat(s.eps);
  const i32 exact = exactInverse(s.count) != 0, decays = s.weightDecay != 0;
  const usize apart = more ? more - g : 0;
  vi bad = {};
  for (usize i = 0; n > 0; n -= LANES, i += WIDE) {
    const vf p0 = loadSome(p + i, n);
    const vf d = decayed(mean(total(g + i, apart, n), c, inverse, exact), p0, wd, decays);
    const vf s1 = meanSquare(p + stride + i, d, alpha, gain, n);
    const vf p1 = p0 - (lr * d) / (vsqrt(s1) + eps);
    storeSome(pOut + stride + i, s1, n);
    storeSome(pOut + i, p1, n);
    bad |= nonFinite(p1) | nonFinite(s1);
  }
  return !anyTrue(bad);
}

typedef struct {
  f32 count, lr, alpha, oneMinusAlpha, eps, weightDecay, momentum;
} RmspropMomentumScalars;

KERNEL(i32, rmspropMomentum, usize pOut, usize p, u32 stride, usize g, usize more, i32 n, usize scalars) {
  RmspropMomentumScalars s;
  memcpy(&s, (const void *)scalars, sizeof s);
  const vf c = splat(s.count), inverse = splat(exactInverse(s.count)), lr = splat(s.lr), wd = splat(s.weightDecay);
  const vf alpha = splat(s.alpha), gain = splat(s.oneMinusAlpha), eps = splat(s.eps), mu = splat(s.momentum);
  const i32 exact = exactInverse(s.count) != 0, decays = s.weightDecay != 0;
  const usize apart = more ? more - g : 0, second = stride, third = 2 * (usize)stride;
  vi bad = {};
  for (usize i = 0; n > 0; n -= LANES, i += WIDE) {
    const vf p0 = loadSome(p + i, n);
    const vf d = decayed(mean(total(g + i, apart, n), c, inverse, exact), p0, wd, decays);
    const vf s1 = meanSquare(p + second + i, d, alpha, gain, n);
    const vf b1 = mu * loadSome(p + third + i, n) + d / (vsqrt(s1) + eps);
    const vf p1 = p0 - lr * b1;
    storeSome(pOut + second + i, s1, n);
    storeSome(pOut + third + i, b1, n);
    storeSome(pOut + i, p1, n);
    bad |= nonFinite(p1) | nonFinite(s1) | nonFinite(b1);
  }
  return !anyTrue(bad);
}
