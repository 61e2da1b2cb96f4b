// Tensors one after the other along an axis: the batch axis cannot be it, all other axes are equal.
import { ShapeError } from '../errors.js';
import { formatShape, isBatched } from '../shape.js';
import { axisRange, concreteRange } from './axis-range.js';
import { type ComputeOperator, numberAttribute } from './operator.js';

export const concat: ComputeOperator = {
  name: 'concat',
  kind: 'compute',
  inputs: ['f32'],
  moreInputs: 'f32',
  attributes: { axis: 'integer' },
  inModels: true,
  onePosition({ builder, node, inputs }) {
    const { axis } = inputs[0]!;
    const isAlong = axis === undefined || axis === node.attributes.axis;
    if (isAlong || inputs.some((other) => other.axis !== axis)) return undefined;
    const nodes = inputs.map((input) => input.node);
    return { node: builder.add('concat', nodes, node.attributes), axis };
  },
  onnx: ({ builder, node, inputs }) =>
    builder.add(
      'Concat',
      inputs.map(({ name }) => name),
      { axis: { i: numberAttribute(node.attributes, 'axis') } },
    ),
  shape(inputs, attributes) {
    const axis = numberAttribute(attributes, 'axis');
    const { shape } = inputs[0]!;
    if (axis >= shape.length || (axis === 0 && isBatched(shape))) {
      throw new ShapeError(
        `concat: axis ${axis} is no axis of one sample of ${formatShape(shape)}; samples are computed independently`,
      );
    }
    for (const other of inputs) {
      const fits =
        other.shape.length === shape.length &&
        shape.every((dim, i) => i === axis || dim === other.shape[i]);
      if (!fits) {
        throw new ShapeError(
          `concat: ${formatShape(shape)} and ${formatShape(other.shape)} differ in other axes than ${axis}`,
        );
      }
    }
    const length = inputs.reduce((sum, other) => sum + (other.shape[axis] as number), 0);
    return shape.map((dim, i) => (i === axis ? length : dim));
  },
  simplify: ({ inputs }) => (inputs.length === 1 ? inputs[0] : undefined),
  gradient({ builder, node, inputs, dOutput, needed }) {
    const axis = numberAttribute(node.attributes, 'axis');
    let start = 0;
    return inputs.map((input, i) => {
      const length = builder.shapeOf(input)[axis] as number;
      const attributes = { axis, start, length };
      start += length;
      return needed[i] ? builder.add('slice', [dOutput], attributes) : undefined;
    });
  },
  reference({ inputs, output, attributes }) {
    const axis = numberAttribute(attributes, 'axis');
    const { outer, length, inner } = concreteRange(output.shape, axis, 1);
    let place = 0;
    for (const { data, shape } of inputs) {
      const size = shape[axis]! * inner;
      for (let o = 0; o < outer; o++) {
        output.data.set(data.subarray(o * size, (o + 1) * size), o * length * inner + place);
      }
      place += size;
    }
  },
  lower({ node, inputs, output }) {
    const axis = numberAttribute(node.attributes, 'axis');
    const { outer, length, inner } = axisRange(node.shape, axis, 1);
    const row = length.constant * inner;
    let skipped = 0;
    return inputs.map((input) => {
      const size = (input.shape[axis] as number) * inner;
      const to = { node: output.node, skipped };
      skipped += size;
      return { kernel: 'placeRows', arguments: [to, { node: input.node }, outer, size, row] };
    });
  },
};
