// Stochastic gradient descent, plain and with momentum.
import { load4, nonFinite, store4 } from './lanes';
import { decayed, exactInverse, isFinite, mean, mul, total } from './update';

// @ts-ignore: decorator
@inline
function sgdAt(
  pOut: usize, p: usize, g: usize, apart: usize, c: v128, inverse: v128, exact: bool, lr: v128, wd: v128, decays: bool,
  r: i32,
): v128 {
  const p0 = load4(p, r);
  const p1 = f32x4.sub(p0, mul(lr, decayed(mean(total(g, apart, r), c, inverse, exact), p0, wd, decays)));
  store4(pOut, p1, r);
  return nonFinite(p1);
}

// @ts-ignore: decorator
@unmanaged
class SgdScalars { count: f32; lr: f32; weightDecay: f32; }

export function sgd(
  pOut: usize, p: usize, stride: u32, g: usize, more: usize, n: i32, scalars: SgdScalars,
): i32 {
  const count = scalars.count;
  const lr4 = f32x4.splat(scalars.lr);
  const wd = f32x4.splat(scalars.weightDecay);
  const decays = scalars.weightDecay != 0;
  const apart = more ? more - g : 0;
  const c = f32x4.splat(count);
  const inverse = f32x4.splat(exactInverse(count));
  const exact = exactInverse(count) != 0;
  let bad = f32x4.splat(0);
  const i = <usize>(n >> 2) << 4;
  for (let j: usize = 0; j < i; j += 16) {
    bad = v128.or(bad, sgdAt(pOut + j, p + j, g + j, apart, c, inverse, exact, lr4, wd, decays, 4));
  }
  if (n & 3) bad = v128.or(bad, sgdAt(pOut + i, p + i, g + i, apart, c, inverse, exact, lr4, wd, decays, n & 3));
  return isFinite(bad);
}

// @ts-ignore: decorator
@inline
function momentumAt(
  pOut: usize, vOut: usize, p: usize, v: usize, g: usize, apart: usize, c: v128, inverse: v128, exact: bool,
  lr: v128, mu: v128, gain: v128, wd: v128, decays: bool, nesterov: bool, first: bool, r: i32,
): v128 {
  const p0 = load4(p, r);
  const d = decayed(mean(total(g, apart, r), c, inverse, exact), p0, wd, decays);
  const v1 = first ? d : f32x4.add(mul(mu, load4(v, r)), mul(gain, d));
  const p1 = f32x4.sub(p0, mul(lr, nesterov ? f32x4.add(d, mul(mu, v1)) : v1));
  store4(vOut, v1, r);
  store4(pOut, p1, r);
  return v128.or(nonFinite(p1), nonFinite(v1));
}

// @ts-ignore: decorator
@unmanaged
class MomentumScalars { count: f32; lr: f32; momentum: f32; gain: f32; weightDecay: f32; nesterov: f32; first: f32; }

export function momentum(
  pOut: usize, p: usize, stride: u32, g: usize, more: usize, n: i32, scalars: MomentumScalars,
): i32 {
  let vOut = pOut + stride;
  let v = p + stride;
  const count = scalars.count;
  const lr4 = f32x4.splat(scalars.lr);
  const mu = f32x4.splat(scalars.momentum);
  const gain4 = f32x4.splat(scalars.gain);
  const wd = f32x4.splat(scalars.weightDecay);
  const decays = scalars.weightDecay != 0;
  const nesterov = scalars.nesterov != 0;
  const first = scalars.first != 0;
  const apart = more ? more - g : 0;
  const c = f32x4.splat(count);
  const inverse = f32x4.splat(exactInverse(count));
  const exact = exactInverse(count) != 0;
  let bad = f32x4.splat(0);
  for (let i = n; i > 0; i -= 4) {
    const r = i < 4 ? i : 4;
    bad = v128.or(
      bad,
      momentumAt(pOut, vOut, p, v, g, apart, c, inverse, exact, lr4, mu, gain4, wd, decays, nesterov, first, r),
    );
    pOut += 16;
    vOut += 16;
    p += 16;
    v += 16;
    g += 16;
  }
  return isFinite(bad);
}
