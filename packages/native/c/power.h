// x^p for one p, in float64 inside: the operations of kernels/assembly/power.ts one for one.
#pragma once
#include "doubles.h"

#define LN2 0.6931471805599453

/** log(a) for a >= 0; what comes of NaN is of no matter. */
INLINE vd logOf2(vd a) {
  const vl e = ((vl)a - 0x3fe6a09e667f3bcd) >> 52;
  const vd m = (vd)((vw)a - ((vw)e << 52));
  const vd s = (m - splat2(1)) / (m + splat2(1));
  const vd z = s * s;
  vd p = mulAdd2(z, splat2(2.0 / 17), 2.0 / 15);
  p = mulAdd2(z, p, 2.0 / 13);
  p = mulAdd2(z, p, 2.0 / 11);
  p = mulAdd2(z, p, 2.0 / 9);
  p = mulAdd2(z, p, 2.0 / 7);
  p = mulAdd2(z, p, 2.0 / 5);
  p = mulAdd2(z, p, 2.0 / 3);
  p = mulAdd2(z, p, 2);
  vd y = wholeDoubles(e) * splat2(LN2) + s * p;
  y = select2(a == splat2(0), splat2(-INFINITY), y);
  return select2(a == splat2(INFINITY), splat2(INFINITY), y);
}

/** exp(y); below -200 and above 200 float32 has 0 and inf only. */
INLINE vd expOf2(vd y) {
  const vd c = atMost2(atLeast2(y, -200), 200);
  const vd k = nearest2(c * splat2(1.4426950408889634));
  const vd r = c - k * splat2(LN2);
  vd p = mulAdd2(r, splat2(1.0 / 3628800), 1.0 / 362880);
  p = mulAdd2(r, p, 1.0 / 40320);
  p = mulAdd2(r, p, 1.0 / 5040);
  p = mulAdd2(r, p, 1.0 / 720);
  p = mulAdd2(r, p, 1.0 / 120);
  p = mulAdd2(r, p, 1.0 / 24);
  p = mulAdd2(r, p, 1.0 / 6);
  p = mulAdd2(r, p, 0.5);
  p = mulAdd2(r, p, 1);
  p = mulAdd2(r, p, 1);
  return timesPower2(p, k);
}
#undef LN2

/** x^p for a p other than 0. */
INLINE vf vpow(vf x, f32 p) {
  const vd exponent = splat2(p);
  const vf a = vabs(x);
  const vd low = expOf2(exponent * logOf2(lowDoubles(a))), high = expOf2(exponent * logOf2(highDoubles(a)));
  const vf size = roundHalves(low, high);
  const vf whole = nearest(splat(p)), half = splat(p * 0.5f);
  const vi isWhole = whole == splat(p);
  const vi isOdd = isWhole & ~(nearest(half) == half);
  const vf sized = (vf)((vi)size ^ ((vi)x & INT32_MIN & isOdd));
  // Of a negative number only whole powers exist, and of no number any.
  const vi none = ((x < splat(0)) & ~isWhole) | (x != x);
  return pick(none, splat(NAN), sized);
}
