// Softmax cross-entropy of logits [N, …, C] against a class label for each position [N, …], in nats: with smoothing s and
// weights w of the classes (1 each where they are left out)
//   (1 − s) w_label (−log p_label) + s/C Σ w_c (−log p_c),  p = softmax(logits),
// and 0 for the label IGNORED. Behind the losses the kernels' record has each position's largest logit m and Σ e^(x − m), so that
// the gradient takes one pass over the logits.
// Source: PyTorch, CrossEntropyLoss with ignore_index, label_smoothing and weight.
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { exp } from '../math/elementary.js';
import {
  elementCount,
  formatShape,
  isBatched,
  type Shape,
  sameShape,
  sampleSize,
} from '../shape.js';
import { IGNORED } from '../tokens.js';
import { type ComputeOperator, type Numbers, numberAttribute } from './operator.js';
import { logSumExp, rowLength } from './rows.js';

/** @throws ShapeError unless scores are [N, …, C] and labels [N, …] */
export function requirePositions(scores: Shape, labels: Shape, what: string): void {
  const fits = scores.length >= 2 && isBatched(scores) && sameShape(scores.slice(0, -1), labels);
  if (fits) return;
  throw new ShapeError(
    `${what}: expected scores [N, …, C] and labels [N, …], got ${formatShape(scores)} and ${formatShape(labels)}`,
  );
}

function smoothingOf({ smoothing }: Attributes): number {
  return smoothing === undefined ? 0 : numberAttribute({ smoothing }, 'smoothing');
}

export const positionCrossEntropy: ComputeOperator = {
  name: 'positionCrossEntropy',
  kind: 'compute',
  inputs: ['f32', 'i32'],
  optionalInputs: ['f32'],
  outputType: 'record',
  classes: ([logits]) => rowLength(logits!.shape),
  attributes: {},
  optionalAttributes: { smoothing: 'finite' },
  inModels: true,
  shape([logits, labels, weights], attributes) {
    requirePositions(logits!.shape, labels!.shape, 'cross-entropy');
    const classes = rowLength(logits!.shape);
    if (weights && !sameShape(weights.shape, [classes])) {
      throw new ShapeError(
        `cross-entropy: weights are ${formatShape(weights.shape)}, expected [${classes}]`,
      );
    }
    const smoothing = smoothingOf(attributes);
    if (!(smoothing >= 0 && smoothing <= 1)) {
      throw new ShapeError(`cross-entropy: smoothing is ${smoothing}, expected 0 to 1`);
    }
    return ['N', 3 * sampleSize(labels!.shape)];
  },
  gradient: ({ builder, node, inputs: [logits, labels, ...weights], output, dOutput }) => [
    builder.add(
      'positionCrossEntropyGrad',
      [dOutput, logits!, labels!, output, ...weights],
      node.attributes,
    ),
    undefined,
    undefined,
  ],
  reference({ inputs: [logits, labels, weights], output, attributes }) {
    const classes = logits!.shape.at(-1)!;
    const smoothing = smoothingOf(attributes);
    output.data.fill(0);
    for (const [row, label] of (labels!.data as Int32Array).entries()) {
      if (label === IGNORED) continue;
      const start = row * classes;
      const total = logSumExp(logits!.data, start, classes);
      let loss = 0;
      for (let c = 0; c < classes; c++) {
        const share = (c === label ? 1 - smoothing : 0) + smoothing / classes;
        loss += weightOf(weights?.data, c) * share * (total - logits!.data[start + c]!);
      }
      output.data[row] = loss;
    }
  },
  lower: ({ node, inputs: [logits, labels, weights], output }) => [
    {
      kernel: 'positionCrossEntropy',
      arguments: [
        output,
        { node: logits!.node },
        { node: labels!.node },
        weights ? { node: weights.node } : 0,
        elementCount(labels!.shape),
        rowLength(logits!.shape),
        smoothingOf(node.attributes),
        IGNORED,
      ],
    },
  ],
};

function weightOf(weights: Numbers | undefined, label: number): number {
  return weights ? weights[label]! : 1;
}

/** From dLoss [N, …], logits, labels, the record and perhaps weights. Used by gradients only. */
export const positionCrossEntropyGrad: ComputeOperator = {
  name: 'positionCrossEntropyGrad',
  kind: 'compute',
  inputs: ['f32', 'f32', 'i32', 'record'],
  optionalInputs: ['f32'],
  attributes: {},
  optionalAttributes: { smoothing: 'finite' },
  inModels: false,
  shape: ([, logits]) => logits!.shape,
  reference({ inputs: [dLoss, logits, labels, , weights], output, attributes }) {
    const classes = logits!.shape.at(-1)!;
    const smoothing = smoothingOf(attributes);
    const all = Array.from({ length: classes }, (_, c) => weightOf(weights?.data, c));
    const whole = (smoothing / classes) * all.reduce((sum, weight) => sum + weight, 0);
    output.data.fill(0);
    for (const [row, label] of (labels!.data as Int32Array).entries()) {
      if (label === IGNORED) continue;
      const start = row * classes;
      const own = (1 - smoothing) * all[label]!;
      const total = logSumExp(logits!.data, start, classes);
      for (let c = 0; c < classes; c++) {
        const p = exp(logits!.data[start + c]! - total);
        const wanted = (c === label ? own : 0) + (smoothing / classes) * all[c]!;
        output.data[start + c] = dLoss!.data[row]! * ((own + whole) * p - wanted);
      }
    }
  },
  lower: ({ node, inputs: [dLoss, logits, labels, record, weights], output }) => [
    {
      kernel: 'positionCrossEntropyGrad',
      arguments: [
        output,
        { node: dLoss!.node },
        { node: logits!.node },
        { node: labels!.node },
        weights ? { node: weights.node } : 0,
        { node: record!.node },
        elementCount(labels!.shape),
        rowLength(logits!.shape),
        smoothingOf(node.attributes),
      ],
    },
  ],
};
