// Zeros before and after along one axis: what undoes a slice, and puts tensors side by side.
import { ShapeError } from '../errors.js';
import { elementCount, formatShape, isBatched } from '../shape.js';
import { axisRange, concreteRange } from './axis-range.js';
import { type ComputeOperator, numberAttribute } from './operator.js';

export const pad: ComputeOperator = {
  name: 'pad',
  kind: 'compute',
  inputs: ['f32'],
  attributes: { axis: 'integer', before: 'integer', after: 'integer' },
  inModels: true,
  onnx({ builder, node, inputs: [x] }) {
    const { axis, before, after } = node.attributes as Readonly<Record<string, number>>;
    const at = (size: number): number[] => node.shape.map((_, i) => (i === axis ? size : 0));
    return builder.add('Pad', [x!.name, builder.integers([...at(before!), ...at(after!)])]);
  },
  shape([x], attributes) {
    const { shape } = x!;
    const axis = numberAttribute(attributes, 'axis');
    if (axis >= shape.length || (axis === 0 && isBatched(shape))) {
      throw new ShapeError(
        `pad: axis ${axis} is no axis of one sample of ${formatShape(shape)}; samples are computed independently`,
      );
    }
    const more = numberAttribute(attributes, 'before') + numberAttribute(attributes, 'after');
    return shape.map((dim, i) => (i === axis ? (dim as number) + more : dim));
  },
  onePosition: ({ builder, node, inputs: [x] }) =>
    node.attributes.axis === x!.axis
      ? undefined
      : { node: builder.add('pad', [x!.node], node.attributes), axis: x!.axis },
  simplify: ({ attributes, inputs: [x] }) =>
    attributes.before === 0 && attributes.after === 0 ? x : undefined,
  gradient({ builder, node, inputs: [x], dOutput }) {
    const { axis, before } = node.attributes as Readonly<Record<string, number>>;
    const length = builder.shapeOf(x!)[axis!] as number;
    return [builder.add('slice', [dOutput], { axis: axis!, start: before!, length })];
  },
  reference({ inputs: [x], output, attributes }) {
    const axis = numberAttribute(attributes, 'axis');
    const { outer, length, inner } = concreteRange(x!.shape, axis, 1);
    const to = numberAttribute(attributes, 'before') * inner;
    const row = output.shape[axis]! * inner;
    const size = length * inner;
    for (let o = 0; o < outer; o++) {
      output.data.set(x!.data.subarray(o * size, (o + 1) * size), o * row + to);
    }
  },
  lower({ node, inputs: [x], output }) {
    const axis = numberAttribute(node.attributes, 'axis');
    const { outer, length, inner } = axisRange(x!.shape, axis, 1);
    const to = { node: output.node, skipped: numberAttribute(node.attributes, 'before') * inner };
    const row = (node.shape[axis] as number) * inner;
    return [
      { kernel: 'fill', arguments: [output, elementCount(node.shape), 0] },
      {
        kernel: 'placeRows',
        arguments: [to, { node: x!.node }, outer, length.constant * inner, row],
      },
    ];
  },
};
