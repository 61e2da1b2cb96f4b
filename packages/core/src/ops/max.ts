// Maximum over neighbouring axes (never the batch axis). Ties share the gradient evenly, as torch.amax does.
import { ShapeError } from '../errors.js';
import { formatShape, isBatched } from '../shape.js';
import { axisRange, concreteRange, reducedShape } from './axis-range.js';
import { reducedBesidePositions } from './one-position.js';
import { reducedAxes } from './onnx.js';
import { numberAttribute, type Operator } from './operator.js';

export const max: Operator = {
  name: 'max',
  kind: 'compute',
  inputs: ['f32'],
  attributes: { axis: 'integer', count: 'integer' },
  inModels: true,
  onePosition: reducedBesidePositions,
  // Its axes are an input from opset 18 on, and an attribute before.
  onnx: ({ builder, node, inputs: [x] }) =>
    builder.add('ReduceMax', [x!.name], {
      axes: { ints: reducedAxes(node) },
      keepdims: { i: 0 },
    }),
  shape([x], attributes) {
    const axis = numberAttribute(attributes, 'axis');
    if (axis === 0 && isBatched(x!.shape)) {
      throw new ShapeError(
        `max: the batch axis of ${formatShape(x!.shape)} cannot be reduced; samples are computed independently`,
      );
    }
    return reducedShape(x!.shape, axis, numberAttribute(attributes, 'count'), 'max');
  },
  gradient: ({ builder, node, inputs: [x], output, dOutput }) => [
    builder.add('maxGrad', [dOutput, x!, output], node.attributes),
  ],
  reference({ inputs: [x], output, attributes }) {
    const { outer, length, inner } = concreteRange(
      x!.shape,
      numberAttribute(attributes, 'axis'),
      numberAttribute(attributes, 'count'),
    );
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let best = x!.data[o * length * inner + i]!;
        for (let l = 1; l < length; l++) {
          best = Math.max(best, x!.data[(o * length + l) * inner + i]!);
        }
        output.data[o * inner + i] = best;
      }
    }
  },
  lower({ node, inputs: [x], output }) {
    const { outer, length, inner } = axisRange(
      x!.shape,
      numberAttribute(node.attributes, 'axis'),
      numberAttribute(node.attributes, 'count'),
    );
    return [{ kernel: 'max', arguments: [output, { node: x!.node }, outer, length, inner] }];
  },
};

export const maxGrad: Operator = {
  name: 'maxGrad',
  kind: 'compute',
  inputs: ['f32', 'f32', 'f32'],
  attributes: { axis: 'integer', count: 'integer' },
  inModels: false,
  shape: ([, x]) => x!.shape,
  reference({ inputs: [dy, x, y], output, attributes }) {
    const { outer, length, inner } = concreteRange(
      x!.shape,
      numberAttribute(attributes, 'axis'),
      numberAttribute(attributes, 'count'),
    );
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const at = (l: number): number => (o * length + l) * inner + i;
        const best = y!.data[o * inner + i]!;
        let ties = 0;
        for (let l = 0; l < length; l++) if (x!.data[at(l)] === best) ties++;
        for (let l = 0; l < length; l++) {
          output.data[at(l)] = x!.data[at(l)] === best ? dy!.data[o * inner + i]! / ties : 0;
        }
      }
    }
  },
  lower({ node, inputs: [dy, x, y], output }) {
    const { outer, length, inner } = axisRange(
      x!.shape,
      numberAttribute(node.attributes, 'axis'),
      numberAttribute(node.attributes, 'count'),
    );
    return [
      {
        kernel: 'maxGrad',
        arguments: [
          output,
          { node: dy!.node },
          { node: x!.node },
          { node: y!.node },
          outer,
          length,
          inner,
        ],
      },
    ];
  },
};
