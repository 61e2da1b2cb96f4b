// a where the condition is not 0, else b: three tensors of one shape. No gradient flows to the condition.
import { ShapeError } from '../errors.js';
import { elementCount, formatShape, sameShape } from '../shape.js';
import type { Operator } from './operator.js';

const BOOL = 9;

export const where: Operator = {
  name: 'where',
  kind: 'compute',
  inputs: ['f32', 'f32', 'f32'],
  attributes: {},
  inModels: true,
  elementwise: true,
  onnx: ({ builder, inputs: [condition, a, b] }) =>
    builder.add('Where', [
      builder.add('Cast', [condition!.name], { to: { i: BOOL } }),
      a!.name,
      b!.name,
    ]),
  shape(inputs) {
    const { shape } = inputs[0]!;
    if (!inputs.every((input) => sameShape(input.shape, shape))) {
      throw new ShapeError(
        `where: expected three tensors of one shape, got ${inputs.map((input) => formatShape(input.shape)).join(', ')}`,
      );
    }
    return shape;
  },
  gradient({ builder, inputs: [condition], dOutput, needed }) {
    const zeros = builder.add('broadcast', [builder.constant(0)], {
      shape: builder.shapeOf(dOutput),
    });
    return [
      undefined,
      needed[1] ? builder.add('where', [condition!, dOutput, zeros]) : undefined,
      needed[2] ? builder.add('where', [condition!, zeros, dOutput]) : undefined,
    ];
  },
  reference({ inputs: [condition, a, b], output }) {
    for (let i = 0; i < output.data.length; i++) {
      output.data[i] = condition!.data[i] !== 0 ? a!.data[i]! : b!.data[i]!;
    }
  },
  lower: ({ node, inputs: [condition, a, b], output }) => [
    {
      kernel: 'where',
      arguments: [
        output,
        { node: condition!.node },
        { node: a!.node },
        { node: b!.node },
        elementCount(node.shape),
      ],
    },
  ],
};
