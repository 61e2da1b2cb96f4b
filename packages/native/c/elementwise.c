// Kernels where out[i] depends on the i-th elements only: maps of one array and of two. `out` may be an input.
#include "maps.h"
#include "math.h"
#include "normal.h"

KERNEL(void, neg, usize out, usize a, i32 n) { MAP(-x) }
KERNEL(void, exp, usize out, usize a, i32 n) { MAP_MANY(4, vexps, vexp(x)) }
KERNEL(void, log, usize out, usize a, i32 n) { MAP(vlog(x)) }
KERNEL(void, sqrt, usize out, usize a, i32 n) { MAP(vsqrt(x)) }
KERNEL(void, erf, usize out, usize a, i32 n) { MAP(verf(x)) }
KERNEL(void, sigmoid, usize out, usize a, i32 n) { MAP(vsigmoid(x)) }
KERNEL(void, tanh, usize out, usize a, i32 n) { MAP(vtanh(x)) }
KERNEL(void, gelu, usize out, usize a, i32 n) { MAP_MANY(2, vgelus, vgelu(x)) }
KERNEL(void, relu, usize out, usize a, i32 n) { MAP(positive(x)) }
KERNEL(void, step, usize out, usize a, i32 n) { MAP(keep(x > splat(0), splat(1))) }
KERNEL(void, leakyRelu, usize out, usize a, i32 n, f32 slope) { MAP(pick(x > splat(0), x, x * splat(slope))) }

KERNEL(void, reluGrad, usize out, usize dy, usize y, i32 n) { ZIP(dy, y, keep(v > splat(0), u)) }
KERNEL(void, leakyReluGrad, usize out, usize dy, usize x, i32 n, f32 slope) {
  ZIP(dy, x, pick(v > splat(0), u, u * splat(slope)))
}
KERNEL(void, sigmoidGrad, usize out, usize dy, usize y, i32 n) { ZIP(dy, y, (u * v) * (splat(1) - v)) }
KERNEL(void, tanhGrad, usize out, usize dy, usize y, i32 n) { ZIP(dy, y, u * (splat(1) - v * v)) }
KERNEL(void, geluGrad, usize out, usize dy, usize x, i32 n) {
  for (; n >= 2 * LANES; n -= 2 * LANES, dy += 2 * WIDE, x += 2 * WIDE, out += 2 * WIDE) {
    vf slopes[2] = {load(x), load(x + WIDE)};
    vgeluSlopes(2, slopes);
    const vf first = load(dy) * slopes[0], second = load(dy + WIDE) * slopes[1];
    store(out, first);
    store(out + WIDE, second);
  }
  ZIP(dy, x, u * vgeluSlope(v))
}
KERNEL(void, bceWithLogits, usize out, usize x, usize t, i32 n) { ZIP(x, t, (positive(u) - u * v) + log1pExp(u)) }

KERNEL(void, addInto, usize dst, usize src, i32 n) {
  const usize out = dst;
  ZIP(dst, src, u + v)
}
KERNEL(void, scale, usize g, i32 n, f32 factor) {
  usize a = g, out = g;
  MAP(x * splat(factor))
}
KERNEL(void, clipValue, usize g, i32 n, f32 limit) {
  usize a = g, out = g;
  MAP(pmin(pmax(x, splat(-limit)), splat(limit)))
}

KERNEL(void, fill, usize out, i32 n, f32 value) {
  for (; n > 0; n -= LANES, out += WIDE) storeSome(out, splat(value), n);
}
