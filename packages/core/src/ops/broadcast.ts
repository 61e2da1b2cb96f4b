// A tensor repeated along axes of length 1 (or missing ones) to become `shape`.
import { ShapeError } from '../errors.js';
import {
  broadcastShapes,
  broadcastStrides,
  collapseLoops,
  formatShape,
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
