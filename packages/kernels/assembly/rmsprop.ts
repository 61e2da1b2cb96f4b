// RMSprop, plain and with momentum.
import { load4, nonFinite, store4 } from './lanes';
import { decayed, exactInverse, isFinite, mean, mul, total } from './update';

/** s = alpha s + (1 - alpha) g^2, stored. */
// @ts-ignore: decorator
@inline
function meanSquareAt(sOut: usize, s: usize, d: v128, alpha: v128, gain: v128, r: i32): v128 {
  const s1 = f32x4.add(mul(alpha, load4(s, r)), mul(mul(gain, d), d));
  store4(sOut, s1, r);
  return s1;
}

// @ts-ignore: decorator
@unmanaged
class RmspropScalars { count: f32; lr: f32; alpha: f32; oneMinusAlpha: f32; eps: f32; weightDecay: f32; }

export function rmsprop(
  pOut: usize, p: usize, stride: u32, g: usize, more: usize, n: i32, scalars: RmspropScalars,
): i32 {
  let sOut = pOut + stride;
  let s = p + stride;
  const count = scalars.count;
  const lr4 = f32x4.splat(scalars.lr);
  const alpha4 = f32x4.splat(scalars.alpha);
  const gain = f32x4.splat(scalars.oneMinusAlpha);
  const e = f32x4.splat(scalars.eps);
  const wd = f32x4.splat(scalars.weightDecay);
  const decays = scalars.weightDecay != 0;
  const apart = more ? more - g : 0;
  const c = f32x4.splat(count);
  const inverse = f32x4.splat(exactInverse(count));
  const exact = exactInverse(count) != 0;
  let bad = f32x4.splat(0);
  for (let i = n; i > 0; i -= 4) {
    const r = i < 4 ? i : 4;
    const p0 = load4(p, r);
    const d = decayed(mean(total(g, apart, r), c, inverse, exact), p0, wd, decays);
    const s1 = meanSquareAt(sOut, s, d, alpha4, gain, r);
    const p1 = f32x4.sub(p0, f32x4.div(mul(lr4, d), f32x4.add(f32x4.sqrt(s1), e)));
    store4(pOut, p1, r);
    bad = v128.or(bad, v128.or(nonFinite(p1), nonFinite(s1)));
    pOut += 16;
    sOut += 16;
    p += 16;
    s += 16;
    g += 16;
  }
  return isFinite(bad);
}

// @ts-ignore: decorator
@unmanaged
class RmspropMomentumScalars {
  count: f32; lr: f32; alpha: f32; oneMinusAlpha: f32;
  eps: f32; weightDecay: f32; momentum: f32;
}

export function rmspropMomentum(
  pOut: usize, p: usize, stride: u32, g: usize, more: usize, n: i32, scalars: RmspropMomentumScalars,
): i32 {
  let sOut = pOut + stride;
  let bOut = sOut + stride;
  let s = p + stride;
  let b = s + stride;
  const count = scalars.count;
  const lr4 = f32x4.splat(scalars.lr);
  const alpha4 = f32x4.splat(scalars.alpha);
  const gain = f32x4.splat(scalars.oneMinusAlpha);
  const e = f32x4.splat(scalars.eps);
  const wd = f32x4.splat(scalars.weightDecay);
  const mu = f32x4.splat(scalars.momentum);
  const decays = scalars.weightDecay != 0;
  const apart = more ? more - g : 0;
  const c = f32x4.splat(count);
  const inverse = f32x4.splat(exactInverse(count));
  const exact = exactInverse(count) != 0;
  let bad = f32x4.splat(0);
  for (let i = n; i > 0; i -= 4) {
    const r = i < 4 ? i : 4;
    const p0 = load4(p, r);
    const d = decayed(mean(total(g, apart, r), c, inverse, exact), p0, wd, decays);
    const s1 = meanSquareAt(sOut, s, d, alpha4, gain, r);
    const b1 = f32x4.add(mul(mu, load4(b, r)), f32x4.div(d, f32x4.add(f32x4.sqrt(s1), e)));
    const p1 = f32x4.sub(p0, mul(lr4, b1));
    store4(bOut, b1, r);
    store4(pOut, p1, r);
    bad = v128.or(bad, v128.or(nonFinite(p1), v128.or(nonFinite(s1), nonFinite(b1))));
    pOut += 16;
    sOut += 16;
    bOut += 16;
    p += 16;
    s += 16;
    b += 16;
    g += 16;
  }
  return isFinite(bad);
}
