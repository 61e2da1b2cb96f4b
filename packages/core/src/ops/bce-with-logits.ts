// Binary cross-entropy of a logit x against a target t in [0, 1], element by element, in nats:
// max(x, 0) − x·t + log(1 + e^−|x|), which no logit can overflow. dx = σ(x) − t; dt = −x.

import { ShapeError } from '../errors.js';
import { exp, log } from '../math/elementary.js';
import { elementCount, formatShape, sameShape } from '../shape.js';
import type { Operator } from './operator.js';

export const bceWithLogits: Operator = {
  name: 'bceWithLogits',
  kind: 'compute',
  inputs: ['f32', 'f32'],
  attributes: {},
  inModels: true,
  onnx({ builder, inputs: [x, t] }) {
    const negative = builder.add('Neg', [builder.add('Abs', [x!.name])]);
    const log1p = builder.add('Log', [
      builder.add('Add', [builder.add('Exp', [negative]), builder.scalar(1)]),
    ]);
    const linear = builder.add('Sub', [
      builder.add('Relu', [x!.name]),
      builder.add('Mul', [x!.name, t!.name]),
    ]);
    return builder.add('Add', [linear, log1p]);
  },
  shape([x, t]) {
    if (!sameShape(x!.shape, t!.shape)) {
      throw new ShapeError(
        `binary cross-entropy: the logits are ${formatShape(x!.shape)}, the targets ${formatShape(t!.shape)}`,
      );
    }
    return x!.shape;
  },
  gradient: ({ builder, inputs: [x, t], dOutput, needed }) => [
    needed[0]
      ? builder.add('mul', [dOutput, builder.add('sub', [builder.add('sigmoid', [x!]), t!])])
      : undefined,
    needed[1] ? builder.add('neg', [builder.add('mul', [dOutput, x!])]) : undefined,
  ],
  reference({ inputs: [x, t], output }) {
    for (let i = 0; i < output.data.length; i++) {
      const logit = x!.data[i]!;
      const e = exp(-Math.abs(logit));
      const log1p = e < 1e-9 ? e : log(1 + e);
      output.data[i] = Math.max(logit, 0) - logit * t!.data[i]! + log1p;
    }
  },
  lower: ({ node, inputs: [x, t], output }) => [
    {
      kernel: 'bceWithLogits',
      arguments: [output, { node: x!.node }, { node: t!.node }, elementCount(node.shape)],
    },
  ],
};
