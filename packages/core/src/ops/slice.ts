// A stretch of one axis: elements [start, start + length) of it, all others whole. The batch axis stays whole.
import { ShapeError } from '../errors.js';
import { formatShape, isBatched } from '../shape.js';
import { axisRange, concreteRange } from './axis-range.js';
import { type ComputeOperator, numberAttribute } from './operator.js';

export const slice: ComputeOperator = {
  name: 'slice',
  kind: 'compute',
  inputs: ['f32'],
  attributes: { axis: 'integer', start: 'integer', length: 'integer' },
  inModels: true,
  onnx({ builder, node, inputs: [x] }) {
    const axis = numberAttribute(node.attributes, 'axis');
    const start = numberAttribute(node.attributes, 'start');
    const end = start + numberAttribute(node.attributes, 'length');
    const lists = [[start], [end], [axis]].map((list) => builder.integers(list));
    return builder.add('Slice', [x!.name, ...lists]);
  },
  shape([x], attributes) {
    const { shape } = x!;
    const axis = numberAttribute(attributes, 'axis');
    const start = numberAttribute(attributes, 'start');
    const length = numberAttribute(attributes, 'length');
    if (axis >= shape.length || (axis === 0 && isBatched(shape))) {
      throw new ShapeError(
        `slice: axis ${axis} is no axis of one sample of ${formatShape(shape)}; samples are computed independently`,
      );
    }
    if (length < 1 || start + length > (shape[axis] as number)) {
      throw new ShapeError(
        `slice: [${start}, ${start + length}) is no part of axis ${axis} of ${formatShape(shape)}`,
      );
    }
    return shape.map((dim, i) => (i === axis ? length : dim));
  },
  values: 'moved',
  onePosition: ({ builder, node, inputs: [x] }) =>
    node.attributes.axis === x!.axis
      ? undefined
      : { node: builder.add('slice', [x!.node], node.attributes), axis: x!.axis },
  simplify({ attributes, inputs: [x], nodeOf }) {
    const { shape } = nodeOf(x!);
    const isWhole = shape[numberAttribute(attributes, 'axis')] === attributes.length;
    return isWhole && attributes.start === 0 ? x : undefined;
  },
  gradient({ builder, node, inputs: [x], dOutput }) {
    const { axis, start, length } = node.attributes as Readonly<Record<string, number>>;
    const after = (builder.shapeOf(x!)[axis!] as number) - start! - length!;
    return [builder.add('pad', [dOutput], { axis: axis!, before: start!, after })];
  },
  reference({ inputs: [x], output, attributes }) {
    const { outer, length, inner } = concreteRange(
      x!.shape,
      numberAttribute(attributes, 'axis'),
      1,
    );
    const from = numberAttribute(attributes, 'start') * inner;
    const size = numberAttribute(attributes, 'length') * inner;
    for (let o = 0; o < outer; o++) {
      const at = o * length * inner + from;
      output.data.set(x!.data.subarray(at, at + size), o * size);
    }
  },
  lower({ node, inputs: [x], output }) {
    const { outer, length, inner } = axisRange(
      x!.shape,
      numberAttribute(node.attributes, 'axis'),
      1,
    );
    const skipped = numberAttribute(node.attributes, 'start') * inner;
    const size = numberAttribute(node.attributes, 'length') * inner;
    const from = { node: x!.node, skipped };
    return [
      {
        kernel: 'copyStrided',
        arguments: [output, from, 1, 1, 1, 1, outer, size, 0, 0, 0, 0, length.constant * inner, 1],
      },
    ];
  },
};
