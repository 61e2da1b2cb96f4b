// Axes in another order: axis i of the result is axis `axes[i]` of the input. The batch axis stays first.
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { broadcastStrides, collapseLoops, formatShape, isBatched, type Shape } from '../shape.js';
import { type Operator, shapeAttribute } from './operator.js';
import { forEachIndex } from './reference.js';

function axesOf(attributes: Attributes): readonly number[] {
  return shapeAttribute(attributes, 'axes') as readonly number[];
}

/** The order that undoes `axes`. */
export function inverseAxes(axes: readonly number[]): number[] {
  const inverse = new Array<number>(axes.length);
  for (const [to, from] of axes.entries()) inverse[from] = to;
  return inverse;
}

function permutedStrides(shape: Shape, axes: readonly number[]): number[] {
  const strides = broadcastStrides(shape, shape);
  return axes.map((axis) => strides[axis]!);
}

export const transpose: Operator = {
  name: 'transpose',
  kind: 'compute',
  inputs: ['f32'],
  attributes: { axes: 'shape' },
  inModels: true,
  shape([x], attributes) {
    const axes = axesOf(attributes);
    const shape = x!.shape;
    const sorted = [...axes].sort((a, b) => a - b);
    if (axes.length !== shape.length || sorted.some((axis, i) => axis !== i)) {
      throw new ShapeError(
        `transpose: axes [${axes.join(', ')}] are not an order of the axes of ${formatShape(shape)}`,
      );
    }
    if (isBatched(shape) && axes[0] !== 0) {
      throw new ShapeError(
        `transpose: the batch axis of ${formatShape(shape)} must stay first, got axes [${axes.join(', ')}]`,
      );
    }
    return axes.map((axis) => shape[axis]!);
  },
  values: 'moved',
  onnx: ({ builder, node, inputs: [x] }) =>
    builder.add('Transpose', [x!.name], { perm: { ints: axesOf(node.attributes) } }),
  axes: axesOf,
  onePosition: ({ builder, node, inputs: [x] }) => ({
    node: builder.add('transpose', [x!.node], node.attributes),
    axis: axesOf(node.attributes).indexOf(x!.axis!),
  }),
  /** Two that cancel are none. */
  simplify({ attributes, inputs: [x], nodeOf }) {
    const inner = nodeOf(x!);
    if (inner.op !== transpose.name) return undefined;
    const innerAxes = axesOf(inner.attributes);
    return axesOf(attributes).every((axis, i) => innerAxes[axis] === i)
      ? inner.inputs[0]
      : undefined;
  },
  gradient: ({ builder, node, dOutput }) => [
    builder.add('transpose', [dOutput], { axes: inverseAxes(axesOf(node.attributes)) }),
  ],
  reference({ inputs: [x], output, attributes }) {
    forEachIndex(
      output.shape,
      [permutedStrides(x!.shape as Shape, axesOf(attributes))],
      (o, [i]) => {
        output.data[o] = x!.data[i!]!;
      },
    );
  },
  lower({ node, inputs: [x], output }) {
    const loops = collapseLoops(node.shape, [permutedStrides(x!.shape, axesOf(node.attributes))]);
    return [
      {
        kernel: 'copyStrided',
        arguments: [output, { node: x!.node }, ...loops.lengths, ...loops.strides[0]],
      },
    ];
  },
};
