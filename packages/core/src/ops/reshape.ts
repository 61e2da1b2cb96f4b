// The same elements in the same order under another shape; the batch axis stays first. Costs nothing.
import { ShapeError } from '../errors.js';
import { checkShape, formatShape, isBatched, sameShape, sampleSize } from '../shape.js';
import { reshapeTo } from './onnx.js';
import { type Operator, type SimplifyRequest, shapeAttribute } from './operator.js';

/** A tensor that has the shape asked for stays as it is. */
export function sameShapeAlready({
  attributes,
  inputs: [x],
  nodeOf,
}: SimplifyRequest): number | undefined {
  return sameShape(nodeOf(x!).shape, shapeAttribute(attributes, 'shape')) ? x : undefined;
}

export const reshape: Operator = {
  name: 'reshape',
  kind: 'view',
  inputs: ['f32'],
  attributes: { shape: 'shape' },
  inModels: true,
  shape([x], attributes) {
    const target = shapeAttribute(attributes, 'shape');
    checkShape(target, 'reshape');
    if (isBatched(x!.shape) !== isBatched(target) || sampleSize(x!.shape) !== sampleSize(target)) {
      throw new ShapeError(
        `reshape: ${formatShape(x!.shape)} has ${sampleSize(x!.shape)} elements${isBatched(x!.shape) ? ' a sample' : ''}, ` +
          `${formatShape(target)} has ${sampleSize(target)}${isBatched(target) ? ' a sample' : ''}`,
      );
    }
    return target;
  },
  values: 'moved',
  onePosition: ({ builder, node, shapes, inputs: [x] }) => {
    const shape = shapeAttribute(node.attributes, 'shape');
    const before = sampleSize(shapes[0]!.slice(0, x!.axis));
    const axis = shape.findIndex(
      (_, i) =>
        i > 0 && sampleSize(shape.slice(0, i)) === before && shape[i] === shapes[0]![x!.axis!],
    );
    if (axis < 0) return undefined;
    const one = shape.map((length, i) => (i === axis ? 1 : length));
    return { node: builder.add('reshape', [x!.node], { shape: one }), axis };
  },
  onnx: ({ builder, node, inputs: [x] }) =>
    builder.add('Reshape', [x!.name, reshapeTo(builder, node.shape)]),
  simplify: sameShapeAlready,
  gradient: ({ builder, inputs: [x], dOutput }) => [
    builder.add('reshape', [dOutput], { shape: builder.shapeOf(x!) }),
  ],
  reference({ inputs: [x], output }) {
    output.data.set(x!.data);
  },
};
