// Adam, and AdamW, whose decay scales the parameters instead of adding to the gradient.
import { load4, nonFinite, store4 } from './lanes';
import { decayed, exactInverse, isFinite, mean, mul, total } from './update';

// @ts-ignore: decorator
@inline
function adamAt(
  pOut: usize, mOut: usize, vOut: usize, p: usize, m: usize, v: usize, g: usize,
  apart: usize, c: v128, inverse: v128, exact: bool, stepSize: v128, beta1: v128, gain1: v128, beta2: v128, gain2: v128,
  scale2: v128, eps: v128, wd: v128, decay: v128, decays: bool, r: i32,
): v128 {
  const p0 = load4(p, r);
  const d = decayed(mean(total(g, apart, r), c, inverse, exact), p0, wd, decays);
  const m1 = f32x4.add(mul(beta1, load4(m, r)), mul(gain1, d));
  const v1 = f32x4.add(mul(beta2, load4(v, r)), mul(mul(gain2, d), d));
  const denominator = f32x4.add(mul(f32x4.sqrt(v1), scale2), eps);
  const p1 = f32x4.sub(mul(p0, decay), f32x4.div(mul(stepSize, m1), denominator));
  store4(mOut, m1, r);
  store4(vOut, v1, r);
  store4(pOut, p1, r);
  // A mean that is not finite shows in the parameter: it is divided by something finite, or gives NaN.
  return v128.or(nonFinite(p1), nonFinite(v1));
}

// @ts-ignore: decorator
@unmanaged
class AdamScalars {
  count: f32; stepSize: f32; beta1: f32; oneMinusBeta1: f32; beta2: f32;
  oneMinusBeta2: f32; scale2: f32; eps: f32; weightDecay: f32; decay: f32;
}

/** `exact` is a literal, so that each use is a loop of its own: as a choice, both ways would be computed. */
// @ts-ignore: decorator
@inline
function adamLoop(
  pOut: usize, p: usize, stride: usize, g: usize, more: usize, n: i32, scalars: AdamScalars, exact: bool, decays: bool,
): i32 {
  const mOut = pOut + stride;
  const vOut = mOut + stride;
  const m = p + stride;
  const v = m + stride;
  const apart = more ? more - g : 0;
  const c = f32x4.splat(scalars.count);
  const inverse = f32x4.splat(exactInverse(scalars.count));
  const s = f32x4.splat(scalars.stepSize);
  const b1 = f32x4.splat(scalars.beta1);
  const g1 = f32x4.splat(scalars.oneMinusBeta1);
  const b2 = f32x4.splat(scalars.beta2);
  const g2 = f32x4.splat(scalars.oneMinusBeta2);
  const q = f32x4.splat(scalars.scale2);
  const e = f32x4.splat(scalars.eps);
  const wd = f32x4.splat(scalars.weightDecay);
  const keep = f32x4.splat(scalars.decay);
  let bad = f32x4.splat(0);
  const body = <usize>(n >> 2) << 4;
  for (let i: usize = 0; i < body; i += 16) {
    bad = v128.or(
      bad,
      adamAt(
        pOut + i, mOut + i, vOut + i, p + i, m + i, v + i, g + i,
        apart, c, inverse, exact, s, b1, g1, b2, g2, q, e, wd, keep, decays, 4,
      ),
    );
  }
  if (n & 3) {
    bad = v128.or(
      bad,
      adamAt(
        pOut + body, mOut + body, vOut + body, p + body, m + body, v + body, g + body,
        apart, c, inverse, exact, s, b1, g1, b2, g2, q, e, wd, keep, decays, n & 3,
      ),
    );
  }
  return isFinite(bad);
}

export function adam(
  pOut: usize, p: usize, stride: u32, g: usize, more: usize, n: i32, scalars: AdamScalars,
): i32 {
  const decays = scalars.weightDecay != 0;
  if (exactInverse(scalars.count) == 0) return adamLoop(pOut, p, stride, g, more, n, scalars, false, decays);
  if (decays) return adamLoop(pOut, p, stride, g, more, n, scalars, true, true);
  return adamLoop(pOut, p, stride, g, more, n, scalars, true, false);
}
