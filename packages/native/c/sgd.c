// Stochastic gradient descent, plain and with momentum.
#include "update.h"

typedef struct {
  f32 count, lr, weightDecay;
} SgdScalars;

KERNEL(i32, sgd, usize pOut, usize p, u32 stride, usize g, usize more, i32 n, usize scalars) {
  (void)stride;
  SgdScalars s;
  memcpy(&s, (const void *)scalars, sizeof s);
  const vf c = splat(s.count), inverse = splat(exactInverse(s.count)), lr = splat(s.lr), wd = splat(s.weightDecay);
  const i32 exact = exactInverse(s.count) != 0, decays = s.weightDecay != 0;
  const usize apart = more ? more - g : 0;
  vi bad = {};
  for (usize i = 0; n > 0; n -= LANES, i += WIDE) {
    const vf p0 = loadSome(p + i, n);
    const vf p1 = p0 - lr * decayed(mean(total(g + i, apart, n), c, inverse, exact), p0, wd, decays);
    storeSome(pOut + i, p1, n);
    bad |= nonFinite(p1);
  }
  return !anyTrue(bad);
}

typedef struct {
  f32 count, lr, momentum, gain, weightDecay, nesterov, first;
} MomentumScalars;

KERNEL(i32, momentum, usize pOut, usize p, u32 stride, usize g, usize more, i32 n, usize scalars) {
  MomentumScalars s;
  memcpy(&s, (const void *)scalars, sizeof s);
  const vf c = splat(s.count), inverse = splat(exactInverse(s.count)), lr = splat(s.lr), wd = splat(s.weightDecay);
  const vf mu = splat(s.momentum), gain = splat(s.gain);
  const i32 exact = exactInverse(s.count) != 0, decays = s.weightDecay != 0;
  const i32 nesterov = s.nesterov != 0, first = s.first != 0;
  const usize apart = more ? more - g : 0;
  vi bad = {};
  for (usize i = 0; n > 0; n -= LANES, i += WIDE) {
    const vf p0 = loadSome(p + i, n);
    const vf d = decayed(mean(total(g + i, apart, n), c, inverse, exact), p0, wd, decays);
    const vf v1 = first ? d : mu * loadSome(p + stride + i, n) + gain * d;
    const vf p1 = p0 - lr * (nesterov ? d + mu * v1 : v1);
    storeSome(pOut + stride + i, v1, n);
    storeSome(pOut + i, p1, n);
    bad |= nonFinite(p1) | nonFinite(v1);
  }
  return !anyTrue(bad);
}
