// Whether a sample was classified right: 1 or 0 for each [N]. The largest score is the prediction (the first
// one among equals); for binary logits, the sign is. No gradient flows.
import { ShapeError } from '../errors.js';
import { formatShape, isBatched, sameShape } from '../shape.js';
import { type OnnxRule, truth } from './onnx.js';
import type { Operator } from './operator.js';
import { requirePositions } from './position-cross-entropy.js';
import { argmax } from './reference.js';
import { rowCount, rowLength } from './rows.js';

/** Scores [N, …, C] against class labels [N, …]; 0 where a label is no class. */
export const correctLabel: Operator = {
  name: 'correctLabel',
  kind: 'compute',
  inputs: ['f32', 'i32'],
  classes: ([scores]) => rowLength(scores!.shape),
  attributes: {},
  inModels: true,
  shape([scores, labels]) {
    requirePositions(scores!.shape, labels!.shape, 'accuracy');
    return labels!.shape;
  },
  reference({ inputs: [scores, labels], output }) {
    const classes = scores!.shape.at(-1)!;
    for (let row = 0; row < output.data.length; row++) {
      output.data[row] = argmax(scores!.data, row * classes, classes) === labels!.data[row] ? 1 : 0;
    }
  },
  lower: ({ inputs: [scores, labels], output }) => [
    {
      kernel: 'correctLabel',
      arguments: [
        output,
        { node: scores!.node },
        { node: labels!.node },
        rowCount(scores!.shape),
        rowLength(scores!.shape),
      ],
    },
  ],
};

function correctAgainstValues(
  name: 'correctArgmax' | 'correctBinary',
  onnx: OnnxRule,
  isCorrect: (
    scores: ArrayLike<number>,
    targets: ArrayLike<number>,
    start: number,
    length: number,
  ) => boolean,
): Operator {
  return {
    name,
    kind: 'compute',
    inputs: ['f32', 'f32'],
    attributes: {},
    inModels: true,
    onnx,
    shape([scores, targets]) {
      if (
        scores!.shape.length !== 2 ||
        !isBatched(scores!.shape) ||
        !sameShape(scores!.shape, targets!.shape)
      ) {
        throw new ShapeError(
          `accuracy: expected scores and targets [N, C], got ${formatShape(scores!.shape)} and ${formatShape(targets!.shape)}`,
        );
      }
      return ['N'];
    },
    reference({ inputs: [scores, targets], output }) {
      const length = scores!.shape[1]!;
      for (let row = 0; row < output.data.length; row++) {
        output.data[row] = isCorrect(scores!.data, targets!.data, row * length, length) ? 1 : 0;
      }
    },
    lower: ({ inputs: [scores, targets], output }) => [
      {
        kernel: name,
        arguments: [
          output,
          { node: scores!.node },
          { node: targets!.node },
          rowCount(scores!.shape),
          rowLength(scores!.shape),
        ],
      },
    ],
  };
}

/** Scores [N, C] against target vectors [N, C]: the largest of both is at the same place. */
export const correctArgmax = correctAgainstValues(
  'correctArgmax',
  ({ builder, inputs }) => {
    const [best, wanted] = inputs.map(({ name }) =>
      builder.add('ArgMax', [name], { axis: { i: 1 }, keepdims: { i: 0 } }),
    );
    return truth(builder, builder.add('Equal', [best!, wanted!]));
  },
  (scores, targets, start, length) =>
    argmax(scores, start, length) === argmax(targets, start, length),
);

/** Logits [N, k] against targets in [0, 1]: every one is on the right side. */
export const correctBinary = correctAgainstValues(
  'correctBinary',
  ({ builder, inputs: [logits, targets] }) => {
    const said = builder.add('Greater', [logits!.name, builder.scalar(0)]);
    const wanted = builder.add('Greater', [targets!.name, builder.scalar(0.5)]);
    const right = truth(builder, builder.add('Equal', [said, wanted]));
    return builder.add('ReduceMin', [right], { axes: { ints: [1] }, keepdims: { i: 0 } });
  },
  (logits, targets, start, length) => {
    for (let i = start; i < start + length; i++)
      if (logits[i]! > 0 !== targets[i]! > 0.5) return false;
    return true;
  },
);
