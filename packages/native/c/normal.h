// The normal distribution function, and gelu and its derivative from it, in float64 inside: the operations of
// kernels/assembly/normal.ts one for one.
#pragma once
#include "doubles.h"

/** Each step of so many vectors after another, since one by itself waits for its step before; `count` is a literal. */
#define EACH _Pragma("GCC unroll 4") for (i32 i = 0; i < count; i++)

/** p = x * p + c */
#define STEP2(X, P, C) EACH P[i] = X[i] * P[i] + splat2(C)

/** exp(x) for x in [-700, 0], relative error below 2^-33. */
INLINE void exps2(const i32 count, vd *x) {
  // To the nearest whole number, which the last bits of the sum then hold; of NaN any one, and y is NaN.
  const vd whole = splat2(WHOLE_BITS);
  vd shifted[4], p[4];
  EACH shifted[i] = x[i] * splat2(1.4426950408889634) + whole;
  EACH x[i] = x[i] - (shifted[i] - whole) * splat2(0.6931471805599453);
  EACH p[i] = splat2(0.00019919379877558204);
  STEP2(x, p, 0.00139472249207988);
  STEP2(x, p, 0.00833326263830132);
  STEP2(x, p, 0.04166625375573935);
  STEP2(x, p, 0.16666666867561367);
  STEP2(x, p, 0.5000000082751141);
  EACH p[i] = ((x[i] * x[i]) * p[i] + x[i]) + splat2(1);
  EACH x[i] = p[i] * (vd)(((vw)shifted[i] + 1023) << 52);
}

/** Phi(x) for x in [-14.6, 14.6], given exp(-x^2/2): e becomes it. */
INLINE void normalCdfs(const i32 count, const vd *x, vd *e) {
  vd w[4], p[4];
  EACH w[i] = splat2(1) / (vabs2(x[i]) * splat2(0.22) + splat2(1));
  EACH p[i] = splat2(0.021077941367095728);
  STEP2(w, p, -0.1075078159438405);
  STEP2(w, p, 0.19109370681179585);
  STEP2(w, p, -0.15714119568768709);
  STEP2(w, p, 0.14016797803738748);
  STEP2(w, p, 0.006308103774212627);
  STEP2(w, p, 0.07327752138844959);
  STEP2(w, p, 0.07360827823258502);
  STEP2(w, p, 0.0835712025009243);
  STEP2(w, p, 0.08777804071783644);
  STEP2(w, p, 0.08776623916388333);
  EACH e[i] = e[i] * (w[i] * p[i]);
  EACH e[i] = select2(x[i] < splat2(0), e[i], splat2(1) - e[i]);
}

/** x clamped to where Phi and x phi are 0 or 1 in float32 all the same; NaN stays NaN. */
INLINE vd above2(vd x) { return atLeast2(x, -14.6); }
INLINE vd clamped2(vd x) { return atMost2(above2(x), 14.6); }

/** x Phi(x) */
INLINE void gelus2(const i32 count, vd *x) {
  vd c[4], e[4];
  EACH c[i] = clamped2(x[i]);
  EACH e[i] = (c[i] * c[i]) * splat2(-0.5);
  exps2(count, e);
  normalCdfs(count, c, e);
  EACH x[i] = above2(x[i]) * e[i];
}

/** Phi(x) + x phi(x) */
INLINE void geluSlopes2(const i32 count, vd *x) {
  vd e[4], cdf[4];
  EACH x[i] = clamped2(x[i]);
  EACH e[i] = (x[i] * x[i]) * splat2(-0.5);
  exps2(count, e);
  EACH cdf[i] = e[i];
  normalCdfs(count, x, cdf);
  EACH x[i] = cdf[i] + x[i] * (e[i] * splat2(0.3989422804014327));
}
#undef STEP2
#undef EACH

/** A function of doubles of `count` vectors of floats, at most two. */
#define IN_DOUBLES(OF, COUNT, X)                                                       \
  vd halves[2 * (COUNT)];                                                              \
  for (i32 i = 0; i < (COUNT); i++) {                                                  \
    halves[2 * i] = lowDoubles((X)[i]);                                                \
    halves[2 * i + 1] = highDoubles((X)[i]);                                           \
  }                                                                                    \
  OF(2 * (COUNT), halves);                                                             \
  for (i32 i = 0; i < (COUNT); i++) (X)[i] = roundHalves(halves[2 * i], halves[2 * i + 1]);

INLINE void vgelus(const i32 count, vf *x) { IN_DOUBLES(gelus2, count, x) }
INLINE void vgeluSlopes(const i32 count, vf *x) { IN_DOUBLES(geluSlopes2, count, x) }

INLINE vf vgelu(vf x) {
  vgelus(1, &x);
  return x;
}

INLINE vf vgeluSlope(vf x) {
  vgeluSlopes(1, &x);
  return x;
}
