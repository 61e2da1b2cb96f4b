// Softmax cross-entropy of logits [N, C] against class labels [N], a sample at a time, in nats:
// log Σ e^xⱼ − x_label. dlogits = dloss · (softmax(logits) − onehot(labels)).
// Source: Goodfellow, Bengio, Courville, Deep Learning (2016), §6.2.2.3.
import { ShapeError } from '../errors.js';
import { exp } from '../math/elementary.js';
import { formatShape, isBatched, type Shape } from '../shape.js';
import type { Operator } from './operator.js';
import { logSumExp, rowCount, rowLength } from './rows.js';

/** @throws ShapeError unless scores are [N, C] and labels [N] */
function requireScores(scores: Shape, labels: Shape, what: string): void {
  if (scores.length !== 2 || !isBatched(scores) || labels.length !== 1 || !isBatched(labels)) {
    throw new ShapeError(
      `${what}: expected scores [N, C] and labels [N], got ${formatShape(scores)} and ${formatShape(labels)}`,
    );
  }
}

export const crossEntropy: Operator = {
  name: 'crossEntropy',
  kind: 'compute',
  inputs: ['f32', 'i32'],
  classes: ([logits]) => logits!.shape[1] as number,
  attributes: {},
  inModels: true,
  shape([logits, labels]) {
    requireScores(logits!.shape, labels!.shape, 'cross-entropy');
    return ['N'];
  },
  gradient: ({ builder, inputs: [logits, labels], dOutput }) => [
    builder.add('crossEntropyGrad', [dOutput, logits!, labels!]),
    undefined,
  ],
  reference({ inputs: [logits, labels], output }) {
    const classes = logits!.shape[1]!;
    for (let row = 0; row < output.data.length; row++) {
      const start = row * classes;
      output.data[row] =
        logSumExp(logits!.data, start, classes) - logits!.data[start + labels!.data[row]!]!;
    }
  },
  lower: ({ inputs: [logits, labels], output }) => [
    {
      kernel: 'crossEntropy',
      arguments: [
        output,
        { node: logits!.node },
        { node: labels!.node },
        rowCount(logits!.shape),
        rowLength(logits!.shape),
      ],
    },
  ],
};

export const crossEntropyGrad: Operator = {
  name: 'crossEntropyGrad',
  kind: 'compute',
  inputs: ['f32', 'f32', 'i32'],
  attributes: {},
  inModels: false,
  shape: ([, logits]) => logits!.shape,
  reference({ inputs: [dLoss, logits, labels], output }) {
    const classes = logits!.shape[1]!;
    for (let row = 0; row < logits!.shape[0]!; row++) {
      const start = row * classes;
      const total = logSumExp(logits!.data, start, classes);
      for (let c = 0; c < classes; c++) {
        const onehot = labels!.data[row] === c ? 1 : 0;
        output.data[start + c] =
          dLoss!.data[row]! * (exp(logits!.data[start + c]! - total) - onehot);
      }
    }
  },
  lower: ({ inputs: [dLoss, logits, labels], output }) => [
    {
      kernel: 'crossEntropyGrad',
      arguments: [
        output,
        { node: dLoss!.node },
        { node: logits!.node },
        { node: labels!.node },
        rowCount(logits!.shape),
        rowLength(logits!.shape),
      ],
    },
  ],
};
