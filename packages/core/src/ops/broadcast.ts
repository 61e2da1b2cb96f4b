// A tensor repeated along axes of length 1 (or missing ones) to become `shape`.
import { ShapeError } from '../errors.js';
import {
  broadcastShapes,
  broadcastStrides,
  collapseLoops,
  formatShape,
  isBatched,
  sameShape,
} from '../shape.js';
import { sumToShape } from './binary.js';
import { type Operator, shapeAttribute } from './operator.js';
import { forEachIndex } from './reference.js';
import { sameShapeAlready } from './reshape.js';

export const broadcast: Operator = {
  name: 'broadcast',
  kind: 'compute',
  inputs: ['f32'],
  attributes: { shape: 'shape' },
  inModels: true,
  elementwise: true,
  shape([x], attributes) {
    const target = shapeAttribute(attributes, 'shape');
    if (!sameShape(broadcastShapes(x!.shape, target, 'broadcast'), target)) {
      throw new ShapeError(
        `broadcast: ${formatShape(x!.shape)} cannot become ${formatShape(target)}`,
      );
    }
    return target;
  },
  values: 'moved',
  onePosition: ({ builder, node, shapes, inputs: [x] }) => {
    const shape = shapeAttribute(node.attributes, 'shape');
    const axis = x!.axis! + shape.length - shapes[0]!.length;
    const one = shape.map((length, i) => (i === axis ? 1 : length));
    return { node: builder.add('broadcast', [x!.node], { shape: one }), axis };
  },
  // Expand takes the length of either side where the other's is 1, so only a batch axis that is new needs its length.
  onnx({ builder, node, inputs: [x] }) {
    const [first, ...rest] = node.shape;
    if (first !== 'N')
      return builder.add('Expand', [x!.name, builder.integers(node.shape as number[])]);
    const sample = builder.integers(rest as number[]);
    const shape = isBatched(x!.shape)
      ? builder.integers([1, ...(rest as number[])])
      : builder.add('Concat', [builder.batchSize(), sample], { axis: { i: 0 } });
    return builder.add('Expand', [x!.name, shape]);
  },
  simplify: sameShapeAlready,
  gradient: ({ builder, inputs: [x], dOutput }) => [
    sumToShape(builder, dOutput, builder.shapeOf(x!)),
  ],
  reference({ inputs: [x], output }) {
    const strides = broadcastStrides(x!.shape, output.shape);
    forEachIndex(output.shape, [strides], (o, [i]) => {
      output.data[o] = x!.data[i!]!;
    });
  },
  lower({ node, inputs: [x], output }) {
    const loops = collapseLoops(node.shape, [broadcastStrides(x!.shape, node.shape)]);
    return [
      {
        kernel: 'copyStrided',
        arguments: [output, { node: x!.node }, ...loops.lengths, ...loops.strides[0]],
      },
    ];
  },
};
