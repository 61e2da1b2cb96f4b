// Softmax cross-entropy with its gradient, one-hot rows, and counting right answers.
// Labels are i32. A label outside [0, classes) is the caller's mistake: it gives a NaN loss or no hot element, and nothing
// outside the row is read or written.
#include "rows.h"

/** As many rows at once as one logarithm has lanes. */
KERNEL(void, crossEntropy, usize out, usize logits, usize labels, i32 rows, i32 classes) {
  const usize row = (usize)classes << 2;
  for (; rows > 0; rows -= LANES, out += WIDE) {
    const i32 count = minInt(rows, LANES);
    vf total = splat(1), distance = splat(NAN);
    for (i32 i = 0; i < count; i++, labels += 4, logits += row) {
      const i32 label = loadInt(labels);
      if ((u32)label >= (u32)classes) continue;
      const f32 top = maxRow(logits, classes);
      total[i] = sumOfExp(0, 0, logits, classes, top);
      distance[i] = top - load1(logits + ((usize)label << 2));
    }
    storeSome(out, vlog(total) + distance, count);
  }
}

/** 1 in the lane that holds `label` when lane 0 holds class `first`. */
INLINE vf hot(i32 first, i32 label) { return keep(lanes() + splatInt(first) == splatInt(label), splat(1)); }

KERNEL(void, crossEntropyGrad, usize out, usize dloss, usize logits, usize labels, i32 rows, i32 classes) {
  const usize row = (usize)classes << 2;
  if (classes <= 0) return;
  for (; rows > 0; --rows, dloss += 4, labels += 4, out += row, logits += row) {
    const i32 label = loadInt(labels);
    const vf d = splat(load1(dloss));
    const vf total = splat(sumOfExp(1, out, logits, classes, maxRow(logits, classes)));
    usize at = out;
    for (i32 j = 0; j < classes; j += LANES, at += WIDE) {
      storeSome(at, d * (loadSome(at, classes - j) / total - hot(j, label)), classes - j);
    }
  }
}

KERNEL(void, oneHot, usize out, usize labels, i32 rows, i32 classes) {
  for (; rows > 0; --rows, labels += 4, out += (usize)classes << 2) {
    const i32 label = loadInt(labels);
    usize at = out;
    for (i32 j = 0; j < classes; j += LANES, at += WIDE) storeSome(at, hot(j, label), classes - j);
  }
}

/** Index of the first maximum; -1 for no elements. NaN is never greater, nor anything than a NaN that stands first. */
INLINE i32 argmax(usize a, i32 n) {
  if (n <= 0) return -1;
  if (load1(a) != load1(a)) return 0;
  vf m = splat(-INFINITY);
  usize at = a;
  for (i32 left = n; left > 0; left -= LANES, at += WIDE) m = pmax(m, loadSome(at, left));
  const f32 top = greatestLane(m);
  i32 j = 0;
  while (j + LANES < n && !anyTrue(load(a + ((usize)j << 2)) == splat(top))) j += LANES;
  while (load1(a + ((usize)j << 2)) != top) j++;
  return j;
}

KERNEL(void, correctLabel, usize out, usize scores, usize labels, i32 rows, i32 classes) {
  for (; rows > 0; --rows, out += 4, labels += 4, scores += (usize)classes << 2) {
    store1(out, argmax(scores, classes) == loadInt(labels));
  }
}

KERNEL(void, correctArgmax, usize out, usize scores, usize targets, i32 rows, i32 classes) {
  const usize row = (usize)classes << 2;
  for (; rows > 0; --rows, out += 4, scores += row, targets += row) {
    store1(out, argmax(scores, classes) == argmax(targets, classes));
  }
}

KERNEL(void, correctBinary, usize out, usize logits, usize targets, i32 rows, i32 len) {
  const usize row = (usize)len << 2;
  for (; rows > 0; --rows, out += 4, logits += row, targets += row) {
    vi bad = {};
    usize at = 0;
    for (i32 n = len; n > 0; n -= LANES, at += WIDE) {
      const vi said = loadSome(logits + at, n) > splat(0), meant = loadSome(targets + at, n) > splat(0.5f);
      bad |= (said ^ meant) & laneMask(n);
    }
    store1(out, !anyTrue(bad));
  }
}
