// Sum over neighbouring axes. A model may not sum over the batch axis; gradients do.
import { axisRange, concreteRange, keptShape, reducedShape } from './axis-range.js';
import { reducedBesidePositions } from './one-position.js';
import { reducedAxes } from './onnx.js';
import { type ComputeOperator, numberAttribute } from './operator.js';

export const sum: ComputeOperator = {
  name: 'sum',
  kind: 'compute',
  inputs: ['f32'],
  attributes: { axis: 'integer', count: 'integer' },
  inModels: true,
  sumsOver: 'rows',
  onePosition: reducedBesidePositions,
  onnx: ({ builder, node, inputs: [x] }) =>
    builder.add('ReduceSum', [x!.name, builder.integers(reducedAxes(node))], {
      keepdims: { i: 0 },
    }),
  shape: ([x], attributes) =>
    reducedShape(
      x!.shape,
      numberAttribute(attributes, 'axis'),
      numberAttribute(attributes, 'count'),
      'sum',
    ),
  gradient({ builder, node, inputs: [x], dOutput }) {
    const shape = builder.shapeOf(x!);
    const axis = numberAttribute(node.attributes, 'axis');
    const kept = keptShape(shape, axis, numberAttribute(node.attributes, 'count'));
    return [
      builder.add('broadcast', [builder.add('reshape', [dOutput], { shape: kept })], { shape }),
    ];
  },
  reference({ inputs: [x], output, attributes }) {
    const { outer, length, inner } = concreteRange(
      x!.shape,
      numberAttribute(attributes, 'axis'),
      numberAttribute(attributes, 'count'),
    );
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let total = 0;
        for (let l = 0; l < length; l++) total += x!.data[(o * length + l) * inner + i]!;
        output.data[o * inner + i] = total;
      }
    }
  },
  lower({ node, inputs: [x], output }) {
    const { outer, length, inner } = axisRange(
      x!.shape,
      numberAttribute(node.attributes, 'axis'),
      numberAttribute(node.attributes, 'count'),
    );
    return [{ kernel: 'sum', arguments: [output, { node: x!.node }, outer, length, inner] }];
  },
};
