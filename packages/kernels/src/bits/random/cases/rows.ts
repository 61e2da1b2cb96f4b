// Random cases of what is computed of a row: softmax, sums, maxima, losses of labels.
import type { LossKernels } from '../../../contract/loss.js';
import type { PositionKernels } from '../../../contract/positions.js';
import type { ReduceKernels } from '../../../contract/reduce.js';
import type { SoftmaxKernels } from '../../../contract/softmax.js';
import type { Draw } from '../draw.js';
import type { RandomCases } from '../random-case.js';

/** Rows, and their length. */
function rows(draw: Draw): [rows: number, length: number] {
  return [draw.size(12), draw.size(200)];
}

function softmax(draw: Draw): [out: number, a: number, rows: number, length: number] {
  const [count, length] = rows(draw);
  const a = draw.floats(count * length);
  return [draw.out(count * length, a), a, count, length];
}

function softmaxGrad(
  draw: Draw,
): [out: number, dy: number, y: number, rows: number, length: number] {
  const [count, length] = rows(draw);
  const [dy, y] = [draw.floats(count * length), draw.floats(count * length)];
  return [draw.out(count * length, dy, y), dy, y, count, length];
}

/** [outer, length, inner] */
function axes({ dice }: Draw, size: (most: number) => number): [number, number, number] {
  if (dice.once(2)) return [size(12), size(300), 1];
  return [size(5), size(20), size(40)];
}

function reduction(
  draw: Draw,
): [out: number, a: number, outer: number, length: number, inner: number] {
  const [outer, length, inner] = axes(draw, (most) => draw.size(most));
  return [
    ...[draw.room(outer * inner), draw.floats(outer * length * inner)],
    ...[outer, length, inner],
  ] as ReturnType<typeof reduction>;
}

function correct(
  draw: Draw,
): [out: number, scores: number, targets: number, rows: number, classes: number] {
  const [count, classes] = rows(draw);
  return [
    draw.room(count),
    draw.floats(count * classes),
    draw.floats(count * classes),
    count,
    classes,
  ];
}

function labels(draw: Draw, count: number, classes: number, beyond: number): number {
  return draw.integers(count, -beyond, Math.max(0, classes - 1) + beyond);
}

const SMOOTHINGS = [0, 0.1, 0.25, 1];

export const CASES: RandomCases<LossKernels & PositionKernels & ReduceKernels & SoftmaxKernels> = {
  softmax,
  logSoftmax: softmax,
  softmaxGrad,
  logSoftmaxGrad: softmaxGrad,

  sum: reduction,
  max: reduction,
  maxGrad(draw) {
    const [outer, length, inner] = axes(draw, (most) => draw.size(most));
    const x = draw.floats(outer * length * inner);
    const values = draw.at(x, outer * length * inner);
    const y = new Float32Array(outer * inner).map((_, at) => {
      let greatest = -Infinity;
      const first = Math.floor(at / inner) * length * inner + (at % inner);
      for (let i = 0; i < length; i++) greatest = Math.max(greatest, values[first + i * inner]!);
      return greatest;
    });
    const out = draw.room(outer * length * inner);
    return [out, draw.floats(outer * inner), x, draw.given(y), outer, length, inner];
  },
  sumSquares(draw) {
    const n = draw.size(900);
    return [draw.floats(n), n];
  },
  allFinite(draw) {
    const n = draw.size(900);
    const a = draw.floats(n);
    // One among many that are finite.
    if (n && draw.dice.once(2)) {
      const values = draw.at(a, n);
      values.fill(1.5);
      values[draw.dice.below(n)] = draw.dice.pick([NaN, Infinity, -Infinity, 3e38]);
    }
    return [a, n];
  },

  crossEntropy(draw) {
    const [count, classes] = rows(draw);
    const given = labels(draw, count, classes, draw.dice.below(2));
    return [draw.room(count), draw.floats(count * classes), given, count, classes];
  },
  crossEntropyGrad(draw) {
    const [count, classes] = rows(draw);
    const [out, dloss] = [draw.room(count * classes), draw.floats(count)];
    const logits = draw.floats(count * classes);
    return [out, dloss, logits, labels(draw, count, classes, 0), count, classes];
  },
  oneHot(draw) {
    const [count, classes] = rows(draw);
    const given = labels(draw, count, classes, draw.dice.below(2));
    return [draw.room(count * classes), given, count, classes];
  },
  correctLabel(draw) {
    const [count, classes] = rows(draw);
    const given = labels(draw, count, classes, draw.dice.below(2));
    return [draw.room(count), draw.floats(count * classes), given, count, classes];
  },
  correctArgmax: correct,
  correctBinary: correct,

  positionCrossEntropy(draw) {
    const [count, classes] = rows(draw);
    const ignored = draw.dice.pick([-100, 0, 1]);
    const given = labels(draw, count, classes, draw.dice.below(2));
    const weights = draw.dice.once(2) ? 0 : draw.positive(classes);
    const [out, logits] = [draw.room(3 * count), draw.floats(count * classes)];
    return [
      ...([out, logits, given, weights, count, classes] as const),
      draw.dice.pick(SMOOTHINGS),
      ignored,
    ];
  },
  positionCrossEntropyGrad(draw) {
    const [count, classes] = rows(draw);
    const given = labels(draw, count, classes, 0);
    const weights = draw.dice.once(2) ? 0 : draw.positive(classes);
    const logits = draw.floats(count * classes);
    // Losses, maxima and sums of exponentials; all three are 0 of rows that do not count.
    const record = draw.positive(3 * count);
    const values = draw.at(record, 3 * count);
    for (let row = 0; row < count; row++) {
      if (!draw.dice.once(4)) continue;
      for (let part = 0; part < 3; part++) values[part * count + row] = 0;
      draw.wordsAt(given, count)[row] = -100;
    }
    const [out, dloss] = [draw.room(count * classes), draw.floats(count)];
    return [
      ...([out, dloss, logits, given, weights, record, count, classes] as const),
      draw.dice.pick(SMOOTHINGS),
    ];
  },
  differsFrom(draw) {
    const n = draw.size(300);
    const [low, high] = draw.dice.pick([
      [0, 2],
      [-3, 3],
      [-(2 ** 31), 2 ** 31 - 1],
    ]);
    return [draw.room(n), draw.integers(n, low!, high!), n, draw.dice.between(low!, high!)];
  },
};
