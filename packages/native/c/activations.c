// Activations that are made of the functions of math.h, and their gradients: maps of one array and of two.
#include "maps.h"
#include "math.h"
#include "power.h"
#include "trigonometry.h"

KERNEL(void, abs, usize out, usize a, i32 n) { MAP(vabs(x)) }
KERNEL(void, sin, usize out, usize a, i32 n) { MAP(vsin(x)) }
KERNEL(void, cos, usize out, usize a, i32 n) { MAP(vcos(x)) }
KERNEL(void, pow, usize out, usize a, i32 n, f32 exponent) { MAP(vpow(x, exponent)) }
KERNEL(void, silu, usize out, usize a, i32 n) { MAP(x * vsigmoid(x)) }
KERNEL(void, elu, usize out, usize a, i32 n, f32 alpha) { MAP(pick(x > splat(0), x, splat(alpha) * vexpm1(x))) }
KERNEL(void, clamp, usize out, usize a, i32 n, f32 low, f32 high) { MAP(pmin(pmax(x, splat(low)), splat(high))) }

INLINE vf softplusOf(vf x, vf beta, vf threshold) {
  const vf z = x * beta;
  return pick(z > threshold, x, (positive(z) + log1pExp(z)) / beta);
}
KERNEL(void, softplus, usize out, usize a, i32 n, f32 beta, f32 threshold) {
  MAP(softplusOf(x, splat(beta), splat(threshold)))
}

INLINE vf hardswishOf(vf x) { return (x * pmin(pmax(x + splat(3), splat(0)), splat(6))) / splat(6); }
KERNEL(void, hardswish, usize out, usize a, i32 n) { MAP(hardswishOf(x)) }

INLINE vf siluSlope(vf x) {
  const vf s = vsigmoid(x);
  return s * (splat(1) + x * (splat(1) - s));
}
KERNEL(void, siluGrad, usize out, usize dy, usize x, i32 n) { ZIP(dy, x, u * siluSlope(v)) }
KERNEL(void, eluGrad, usize out, usize dy, usize x, i32 n, f32 alpha) {
  ZIP(dy, x, pick(v > splat(0), u, u * (splat(alpha) * vexp(v))))
}

INLINE vf softplusGradOf(vf dy, vf x, vf beta, vf threshold) {
  const vf z = x * beta;
  return pick(z > threshold, dy, dy * vsigmoid(z));
}
KERNEL(void, softplusGrad, usize out, usize dy, usize x, i32 n, f32 beta, f32 threshold) {
  ZIP(dy, x, softplusGradOf(u, v, splat(beta), splat(threshold)))
}

INLINE vf hardswishGradOf(vf dy, vf x) {
  const vf between = dy * (x / splat(3) + splat(0.5f));
  return keep(~(x < splat(-3)), pick(x <= splat(3), between, dy));
}
KERNEL(void, hardswishGrad, usize out, usize dy, usize x, i32 n) { ZIP(dy, x, hardswishGradOf(u, v)) }
KERNEL(void, clampGrad, usize out, usize dy, usize x, i32 n, f32 low, f32 high) {
  ZIP(dy, x, keep((v >= splat(low)) & (v <= splat(high)), u))
}
KERNEL(void, hardtanhGrad, usize out, usize dy, usize x, i32 n, f32 low, f32 high) {
  ZIP(dy, x, keep((v > splat(low)) & (v < splat(high)), u))
}

KERNEL(void, where, usize out, usize condition, usize a, usize b, i32 n) {
  ZIP(a, b, pick(loadSome(condition + at, n) != splat(0), u, v))
}
