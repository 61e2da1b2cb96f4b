// Softmax cross-entropy of many positions, of which some do not count, with smoothing and weights of classes; and which
// numbers differ from one. What the gradient needs of a row besides, its maximum and its sum, lies behind the losses.
import { laneMask, load4, load4Zero, store4, sumLanes } from './lanes';
import { exp4, log1 } from './math';
import { sumRow } from './reduce';

/** The largest of n numbers, NaN left out; never -0, so that the order does not matter. */
function largest(a: usize, n: i32): f32 {
  let m0 = f32x4.splat(-Infinity), m1 = m0, m2 = m0, m3 = m0;
  for (; n >= 16; n -= 16) {
    m0 = f32x4.pmax(m0, v128.load(a));
    m1 = f32x4.pmax(m1, v128.load(a, 16));
    m2 = f32x4.pmax(m2, v128.load(a, 32));
    m3 = f32x4.pmax(m3, v128.load(a, 48));
    a += 64;
  }
  for (; n >= 4; n -= 4) {
    m0 = f32x4.pmax(m0, v128.load(a));
    a += 16;
  }
  if (n > 0) m1 = f32x4.pmax(m1, load4(a, n));
  m0 = f32x4.pmax(f32x4.pmax(m0, m1), f32x4.pmax(m2, m3));
  m0 = f32x4.pmax(m0, v128.shuffle<f32>(m0, m0, 2, 3, 0, 1));
  m0 = f32x4.pmax(m0, v128.shuffle<f32>(m0, m0, 1, 0, 3, 2));
  return f32x4.extract_lane(m0, 0) + 0;
}

/** Sum of exp(a - top): element j goes to lane j mod 16, and the four vectors are added as (s0 + s2) + (s1 + s3). */
function sumOfExp(a: usize, n: i32, top: f32): f32 {
  const m = f32x4.splat(top);
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (; n >= 16; n -= 16) {
    s0 = f32x4.add(s0, exp4(f32x4.sub(v128.load(a), m)));
    s1 = f32x4.add(s1, exp4(f32x4.sub(v128.load(a, 16), m)));
    s2 = f32x4.add(s2, exp4(f32x4.sub(v128.load(a, 32), m)));
    s3 = f32x4.add(s3, exp4(f32x4.sub(v128.load(a, 48), m)));
    a += 64;
  }
  if (n > 0) s0 = f32x4.add(s0, expOf(a, m, n));
  if (n > 4) s1 = f32x4.add(s1, expOf(a + 16, m, n - 4));
  if (n > 8) s2 = f32x4.add(s2, expOf(a + 32, m, n - 8));
  if (n > 12) s3 = f32x4.add(s3, expOf(a + 48, m, n - 12));
  return sumLanes(f32x4.add(f32x4.add(s0, s2), f32x4.add(s1, s3)));
}

/** exp(a - m) of the first r elements, at most four; 0 in the other lanes. */
function expOf(a: usize, m: v128, r: i32): v128 {
  return v128.and(exp4(f32x4.sub(load4(a, r), m)), laneMask(r));
}

/** Sum of w (top - x), element j in lane j mod 4; without weights each is 1. */
function distances(x: usize, weights: usize, n: i32, top: f32): f32 {
  const m = f32x4.splat(top);
  let s = f32x4.splat(0);
  let j = n;
  for (; j > 0; j -= 4) {
    const r = j < 4 ? j : 4;
    const far = f32x4.sub(m, load4(x, r));
    const terms = weights ? f32x4.mul(load4Zero(weights, r), far) : far;
    s = f32x4.add(s, v128.and(terms, laneMask(r)));
    x += 16;
    if (weights) weights += 16;
  }
  return sumLanes(s);
}

// @ts-ignore: decorator
@inline
function weightOf(weights: usize, label: i32): f32 {
  return weights ? f32.load(weights + (<usize>label << 2)) : 1;
}

// @ts-ignore: decorator
@inline
function wholeWeight(weights: usize, classes: i32): f32 {
  return weights ? sumRow(weights, classes) : <f32>classes;
}

export function positionCrossEntropy(
  out: usize, logits: usize, labels: usize, weights: usize, rows: i32, classes: i32, smoothing: f32, ignored: i32,
): void {
  const share = smoothing / <f32>classes;
  const kept: f32 = 1 - smoothing;
  const whole = wholeWeight(weights, classes);
  const after = <usize>rows << 2;
  for (let i = 0; i < rows; ++i) {
    const label = i32.load(labels);
    let loss: f32 = label == ignored ? 0 : NaN;
    let top: f32 = 0;
    let total: f32 = 0;
    if (label != ignored && <u32>label < <u32>classes) {
      top = largest(logits, classes);
      total = sumOfExp(logits, classes, top);
      const rest = log1(total);
      loss = kept * weightOf(weights, label) * (rest + (top - f32.load(logits + (<usize>label << 2))));
      if (smoothing > 0) loss += share * (whole * rest + distances(logits, weights, classes, top));
    }
    f32.store(out, loss);
    f32.store(out + after, top);
    f32.store(out + 2 * after, total);
    out += 4;
    labels += 4;
    logits += <usize>classes << 2;
  }
}

// @ts-ignore: decorator
@inline
function gradientAt(
  out: usize, x: usize, weights: usize, top: v128, scale: v128, spread: v128, isSmoothed: bool, r: i32,
): void {
  let d = f32x4.mul(exp4(f32x4.sub(load4(x, r), top)), scale);
  if (isSmoothed) d = f32x4.sub(d, weights ? f32x4.mul(load4(weights, r), spread) : spread);
  store4(out, d, r);
}

// @ts-ignore: decorator
@inline
function gradientRow(
  out: usize, x: usize, weights: usize, classes: i32, top: v128, scale: v128, spread: v128, isSmoothed: bool,
): void {
  let j = classes;
  for (; j >= 4; j -= 4) {
    gradientAt(out, x, weights, top, scale, spread, isSmoothed, 4);
    out += 16;
    x += 16;
    if (isSmoothed && weights) weights += 16;
  }
  if (j) gradientAt(out, x, weights, top, scale, spread, isSmoothed, j);
}

export function positionCrossEntropyGrad(
  out: usize, dloss: usize, logits: usize, labels: usize, weights: usize, record: usize, rows: i32, classes: i32,
  smoothing: f32,
): void {
  const share = smoothing / <f32>classes;
  const kept: f32 = 1 - smoothing;
  const whole = share * wholeWeight(weights, classes);
  const after = <usize>rows << 2;
  const bytes = <usize>classes << 2;
  for (let i = 0; i < rows; ++i) {
    const label = i32.load(labels);
    const total = f32.load(record + 2 * after);
    // A row that does not count has no sum.
    if (!(total > 0) || <u32>label >= <u32>classes) memory.fill(out, 0, bytes);
    else {
      const d = f32.load(dloss);
      const own = kept * weightOf(weights, label);
      const top = f32x4.splat(f32.load(record + after));
      const scale = f32x4.splat(d * ((own + whole) / total));
      const spread = f32x4.splat(d * share);
      if (smoothing > 0) gradientRow(out, logits, weights, classes, top, scale, spread, true);
      else gradientRow(out, logits, 0, classes, top, scale, spread, false);
      const hot = out + (<usize>label << 2);
      f32.store(hot, f32.load(hot) - d * own);
    }
    dloss += 4;
    labels += 4;
    record += 4;
    out += bytes;
    logits += bytes;
  }
}

export function differsFrom(out: usize, a: usize, n: i32, value: i32): void {
  const v = i32x4.splat(value);
  const one = f32x4.splat(1);
  for (; n > 0; n -= 4) {
    const r = n < 4 ? n : 4;
    store4(out, v128.and(one, i32x4.ne(load4(a, r), v)), r);
    a += 16;
    out += 16;
  }
}
