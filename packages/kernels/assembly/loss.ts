// Softmax cross-entropy with its gradient, one-hot rows, and counting right answers.
// Labels are i32. A label outside [0, classes) is the caller's mistake: it gives a NaN loss or no hot
// element, and never reads or writes outside the row.
import { laneMask, load4, store4 } from './lanes';
import { maxRow } from './reduce';
import { expRow, logSumRow } from './softmax';

export function crossEntropy(out: usize, logits: usize, labels: usize, rows: i32, classes: i32): void {
  for (let i = 0; i < rows; ++i) {
    const label = i32.load(labels);
    let loss: f32 = NaN;
    if (<u32>label < <u32>classes) {
      const top = maxRow(logits, classes);
      loss = logSumRow(logits, classes, top) + (top - f32.load(logits + (<usize>label << 2)));
    }
    f32.store(out, loss);
    out += 4;
    labels += 4;
    logits += <usize>classes << 2;
  }
}

/** 1 in the lane that holds `label` when lane 0 holds class `first`. */
// @ts-ignore: decorator
@inline
function hot(first: i32, label: i32): v128 {
  const at = i32x4.eq(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), i32x4.splat(label));
  return v128.and(f32x4.splat(1), at);
}

// @ts-ignore: decorator
@inline
function crossEntropyGradAt(out: usize, total: v128, dloss: v128, first: i32, label: i32, r: i32): void {
  const p = f32x4.div(load4(out, r), total);
  store4(out, f32x4.mul(dloss, f32x4.sub(p, hot(first, label))), r);
}

export function crossEntropyGrad(
  out: usize, dloss: usize, logits: usize, labels: usize, rows: i32, classes: i32,
): void {
  if (classes <= 0) return;
  for (let i = 0; i < rows; ++i) {
    const label = i32.load(labels);
    const d = v128.load_splat<f32>(dloss);
    const total = f32x4.splat(expRow(out, logits, classes, maxRow(logits, classes)));
    let j = 0;
    for (; j + 4 <= classes; j += 4) crossEntropyGradAt(out + (<usize>j << 2), total, d, j, label, 4);
    if (classes & 3) crossEntropyGradAt(out + (<usize>j << 2), total, d, j, label, classes & 3);
    dloss += 4;
    labels += 4;
    out += <usize>classes << 2;
    logits += <usize>classes << 2;
  }
}

export function oneHot(out: usize, labels: usize, rows: i32, classes: i32): void {
  for (let i = 0; i < rows; ++i) {
    const label = i32.load(labels);
    let j = 0;
    for (; j + 4 <= classes; j += 4) v128.store(out + (<usize>j << 2), hot(j, label));
    if (classes & 3) store4(out + (<usize>j << 2), hot(j, label), classes & 3);
    labels += 4;
    out += <usize>classes << 2;
  }
}

/** Index of the first maximum; -1 for no elements. NaN is never greater. */
function argmax(a: usize, n: i32): i32 {
  if (n <= 0) return -1;
  let best = 0;
  let top = f32.load(a);
  for (let j = 1; j < n; ++j) {
    const x = f32.load(a + (<usize>j << 2));
    if (x > top) {
      top = x;
      best = j;
    }
  }
  return best;
}

export function correctLabel(out: usize, scores: usize, labels: usize, rows: i32, classes: i32): void {
  for (let i = 0; i < rows; ++i) {
    f32.store(out, <f32>i32(argmax(scores, classes) == i32.load(labels)));
    out += 4;
    labels += 4;
    scores += <usize>classes << 2;
  }
}

export function correctArgmax(out: usize, scores: usize, targets: usize, rows: i32, classes: i32): void {
  for (let i = 0; i < rows; ++i) {
    f32.store(out, <f32>i32(argmax(scores, classes) == argmax(targets, classes)));
    out += 4;
    scores += <usize>classes << 2;
    targets += <usize>classes << 2;
  }
}

/** All-ones in the lanes where the answer is wrong. */
// @ts-ignore: decorator
@inline
function wrong(logits: usize, targets: usize, r: i32): v128 {
  const said = f32x4.gt(load4(logits, r), f32x4.splat(0));
  return v128.xor(said, f32x4.gt(load4(targets, r), f32x4.splat(0.5)));
}

export function correctBinary(out: usize, logits: usize, targets: usize, rows: i32, len: i32): void {
  for (let i = 0; i < rows; ++i) {
    let bad = i32x4.splat(0);
    for (let j = len; j >= 4; j -= 4) {
      bad = v128.or(bad, wrong(logits, targets, 4));
      logits += 16;
      targets += 16;
    }
    const r = len & 3;
    if (r) bad = v128.or(bad, v128.and(wrong(logits, targets, r), laneMask(r)));
    logits += <usize>r << 2;
    targets += <usize>r << 2;
    f32.store(out, <f32>i32(!v128.any_true(bad)));
    out += 4;
  }
}
