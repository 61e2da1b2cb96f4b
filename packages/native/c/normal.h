// The normal distribution function, and gelu and its derivative from it, in float64 inside: the operations of
// kernels/assembly/normal.ts one for one.
#pragma once
#include "doubles.h"

/** exp(x) for x in [-700, 0], relative error below 2^-33. */
INLINE vd exp2d(vd x) {
  const vd k = nearest2(x * splat2(1.4426950408889634));
  const vd r = x - k * splat2(0.6931471805599453);
  vd p = mulAdd2(r, splat2(0.00019919379877558204), 0.00139472249207988);
  p = mulAdd2(r, p, 0.00833326263830132);
  p = mulAdd2(r, p, 0.04166625375573935);
  p = mulAdd2(r, p, 0.16666666867561367);
  p = mulAdd2(r, p, 0.5000000082751141);
  const vd y = ((r * r) * p + r) + splat2(1);
  return timesPower2(y, k);
}

/** x clamped to where Phi and x phi are 0 or 1 in float32 all the same; NaN stays NaN. */
INLINE vd above2(vd x) { return select2(x < splat2(-14.6), splat2(-14.6), x); }
INLINE vd clamped2(vd x) {
  const vd c = above2(x);
  return select2(splat2(14.6) < c, splat2(14.6), c);
}

/** Phi(x) for x in [-14.6, 14.6], given e = exp(-x^2/2). */
INLINE vd normalCdf(vd x, vd e) {
  const vd w = splat2(1) / mulAdd2(vabs2(x), splat2(0.22), 1);
  vd p = mulAdd2(w, splat2(0.021077941367095728), -0.1075078159438405);
  p = mulAdd2(w, p, 0.19109370681179585);
  p = mulAdd2(w, p, -0.15714119568768709);
  p = mulAdd2(w, p, 0.14016797803738748);
  p = mulAdd2(w, p, 0.006308103774212627);
  p = mulAdd2(w, p, 0.07327752138844959);
  p = mulAdd2(w, p, 0.07360827823258502);
  p = mulAdd2(w, p, 0.0835712025009243);
  p = mulAdd2(w, p, 0.08777804071783644);
  p = mulAdd2(w, p, 0.08776623916388333);
  const vd tail = e * (w * p);
  return select2(x < splat2(0), tail, splat2(1) - tail);
}

INLINE vd gelu2(vd x) {
  const vd c = clamped2(x);
  return above2(x) * normalCdf(c, exp2d((c * c) * splat2(-0.5)));
}

INLINE vd geluSlope2(vd x) {
  const vd c = clamped2(x);
  const vd e = exp2d((c * c) * splat2(-0.5));
  return normalCdf(c, e) + c * (e * splat2(0.3989422804014327));
}

/** x Phi(x) */
INLINE vf vgelu(vf x) { return roundHalves(gelu2(lowDoubles(x)), gelu2(highDoubles(x))); }

/** Phi(x) + x phi(x) */
INLINE vf vgeluSlope(vf x) { return roundHalves(geluSlope2(lowDoubles(x)), geluSlope2(highDoubles(x))); }
