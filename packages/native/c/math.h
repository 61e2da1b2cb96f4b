// exp, log, tanh, erf, sigmoid and log(1 + exp(-|x|)) of LANES floats, in IEEE add, mul and div only: the operations of
// kernels/assembly/math.ts one for one, where they are explained and their accuracy is said.
#pragma once
#include "lanes.h"

/** a * b + c, rounded twice. */
INLINE vf mulAdd(vf a, vf b, vf c) { return a * b + c; }

/** mulAdd with a number for c. */
INLINE vf mulAddTo(vf a, vf b, f32 c) { return a * b + splat(c); }

/** exp(r) - 1 = r + r^2 P(r) for |r| <= ln(2)/2, of `count` (at most 4) vectors. */
#define EACH _Pragma("GCC unroll 4") for (i32 i = 0; i < count; i++)
INLINE void smallExpm1s(const i32 count, vf *r) {
  vf p[4];
  EACH p[i] = mulAddTo(r[i], splat(0.0013951717410236597f), 0.008369598537683487f);
  EACH p[i] = mulAddTo(r[i], p[i], 0.0416661873459816f);
  EACH p[i] = mulAddTo(r[i], p[i], 0.16666512191295624f);
  EACH p[i] = mulAddTo(r[i], p[i], 0.5f);
  EACH r[i] = mulAdd(r[i] * r[i], p[i], r[i]);
}

/** exp of `count` vectors, a literal: a step of each after another, since one by itself waits for its step before. */
INLINE void vexps(const i32 count, vf *x) {
  vf shifted[4], scale[4];
  // Below -103.98 all is 0; from -176 on the scales are 0 themselves, which costs no subnormal product.
  EACH x[i] = pmin(pmax(x[i], splat(-176)), splat(89));
  // To the nearest whole number, which the last bits of the sum then hold.
  EACH shifted[i] = x[i] * splat(1.4426950408889634f) + splat(12582912);
  EACH scale[i] = shifted[i] - splat(12582912);
  EACH x[i] = (x[i] - scale[i] * splat(0.693359375f)) - scale[i] * splat(-0.00021219444170128554f);
  smallExpm1s(count, x);
  EACH x[i] = x[i] + splat(1);
  // Of NaN any number: x is NaN then.
  EACH x[i] = timesPower(x[i], scale[i], (vi)((vu)shifted[i] - 0x4b400000u));
}
#undef EACH

INLINE vf smallExpm1(vf r) {
  smallExpm1s(1, &r);
  return r;
}

INLINE vf vexp(vf x) {
  vexps(1, &x);
  return x;
}

/** exp(x) - 1, which keeps its digits where it is small. */
INLINE vf vexpm1(vf x) { return pick(vabs(x) < splat(0.34f), smallExpm1(x), vexp(x) - splat(1)); }

INLINE vf vlog(vf x) {
  const vi tiny = x < splat(1.17549435e-38f);
  const vf scaled = pick(tiny, x * splat(8388608), x);
  const vi shifted = (vi)((vu)scaled + (u32)(0x3f800000 - 0x3f3504f3));
  const vf e = toFloats((shifted >> 23) - selectInt(tiny, splatInt(127 + 23), splatInt(127)));
  const vf m = (vf)((shifted & 0x7fffff) + 0x3f3504f3);
  const vf f = m - splat(1);
  const vf z = f * f;
  vf p = mulAddTo(f, splat(0.06746601313352585f), -0.11675640940666199f);
  p = mulAddTo(f, p, 0.11888174712657928f);
  p = mulAddTo(f, p, -0.12405591458082199f);
  p = mulAddTo(f, p, 0.14219550788402557f);
  p = mulAddTo(f, p, -0.1666799634695053f);
  p = mulAddTo(f, p, 0.2000211924314499f);
  p = mulAddTo(f, p, -0.25000008940696716f);
  p = mulAddTo(f, p, 0.3333331346511841f);
  vf y = (f * z) * p;
  y = y + e * splat(-0.00021219444170128554f);
  y = y - z * splat(0.5f);
  y = (f + y) + e * splat(0.693359375f);
  y = pick(x == splat(INFINITY), splat(INFINITY), y);
  y = pick(x == splat(0), splat(-INFINITY), y);
  return (vf)((vi)y | ~(x >= splat(0)));
}

INLINE vf vtanh(vf x) {
  const vf t = vabs(x);
  const vf z = t * t;
  vf p = mulAddTo(z, splat(-0.005717036779969931f), 0.020650578662753105f);
  p = mulAddTo(z, p, -0.05374349653720856f);
  p = mulAddTo(z, p, 0.13331490755081177f);
  p = mulAddTo(z, p, -0.3333328366279602f);
  const vf small = mulAdd(t * z, p, t);
  const vf e = vexp(t + t);
  const vf large = splat(1) - splat(2) / (e + splat(1));
  const vf y = pick(t < splat(0.625f), small, large);
  return (vf)((vi)y | ((vi)x & INT32_MIN));
}

INLINE vf verf(vf x) {
  const vf t = pmin(vabs(x), splat(4.1f));
  const vf z = t * t;
  vf p = mulAddTo(z, splat(7.889119297033176e-5f), -0.0008020841050893068f);
  p = mulAddTo(z, p, 0.005189535208046436f);
  p = mulAddTo(z, p, -0.026854444295167923f);
  p = mulAddTo(z, p, 0.11283600330352783f);
  p = mulAddTo(z, p, -0.3761262595653534f);
  p = mulAddTo(z, p, 0.12837916612625122f);
  const vf small = mulAdd(t, p, t);
  const vf w = splat(1) / mulAddTo(t, splat(0.7f), 1);
  vf q = mulAddTo(w, splat(0.23460610210895538f), -0.6086382865905762f);
  q = mulAddTo(w, q, 0.34212082624435425f);
  q = mulAddTo(w, q, 0.23670782148838043f);
  q = mulAddTo(w, q, 0.4033079743385315f);
  q = mulAddTo(w, q, 0.39445972442626953f);
  const vf tail = vexp(-z) * (w * q);
  const vf large = splat(1) - tail;
  const vf y = pick(t < splat(1), small, large);
  return (vf)((vi)y | ((vi)x & INT32_MIN));
}

/** 1 / (1 + exp(-x)), from exp(-|x|) so that nothing overflows. */
INLINE vf vsigmoid(vf x) {
  const vf e = vexp(-vabs(x));
  return pick(x < splat(0), e, splat(1)) / (splat(1) + e);
}

/** log(1 + exp(-|x|)) = e + e^2 P(e), e = exp(-|x|) in [0, 1]. */
INLINE vf log1pExp(vf x) {
  const vf e = vexp(-vabs(x));
  vf p = mulAddTo(e, splat(0.002072918228805065f), -0.013631332665681839f);
  p = mulAddTo(e, p, 0.0419810488820076f);
  p = mulAddTo(e, p, -0.0830736979842186f);
  p = mulAddTo(e, p, 0.12467096000909805f);
  p = mulAddTo(e, p, -0.16129323840141296f);
  p = mulAddTo(e, p, 0.19897928833961487f);
  p = mulAddTo(e, p, -0.24988578259944916f);
  p = mulAddTo(e, p, 0.33332690596580505f);
  p = mulAddTo(e, p, -0.49999988079071045f);
  return mulAdd(e * e, p, e);
}

INLINE f32 log1(f32 x) { return vlog(splat(x))[0]; }
