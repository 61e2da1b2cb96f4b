// min(max(x, low), high). The gradient of `clamp` is 1 at both ends, that of `hardtanh` is 0 there, as in PyTorch.
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { numberAttribute, type Operator } from './operator.js';
import {
  elementwiseGradient,
  elementwiseOperator,
  unaryArguments,
  unaryGradientArguments,
} from './unary.js';

const ends = { low: 'finite', high: 'finite' } as const;

const endsOf = (attributes: Attributes) =>
  [numberAttribute(attributes, 'low'), numberAttribute(attributes, 'high')] as const;

function clamping(name: 'clamp' | 'hardtanh'): Operator {
  const elementwise = elementwiseOperator(
    {
      name,
      attributes: ends,
      onnx: ({ builder, node, inputs: [x] }) =>
        builder.add('Clip', [
          x!.name,
          ...endsOf(node.attributes).map((end) => builder.scalar(end)),
        ]),
      gradient: ({ builder, node, inputs: [x], dOutput }) =>
        builder.add(`${name}Grad`, [dOutput, x!], node.attributes),
      scalar(x, attributes) {
        const [low, high] = endsOf(attributes);
        // As the kernel says: what is not a number stays, and so does the sign of a zero within.
        return x < low ? low : Math.min(x, high);
      },
    },
    (request) => [
      {
        kernel: 'clamp',
        arguments: [...unaryArguments(request), ...endsOf(request.node.attributes)],
      },
    ],
  );
  return {
    ...elementwise,
    shape(inputs, attributes) {
      const [low, high] = endsOf(attributes);
      if (low > high) throw new ShapeError(`${name}: low is ${low}, which is above high, ${high}`);
      return elementwise.shape(inputs, attributes);
    },
  };
}

export const clamp = clamping('clamp');

export const hardtanh = clamping('hardtanh');

export const clampGrad: Operator = elementwiseGradient(
  {
    name: 'clampGrad',
    attributes: ends,
    scalar(dy, x, attributes) {
      const [low, high] = endsOf(attributes);
      return x >= low && x <= high ? dy : 0;
    },
  },
  (request) => [
    {
      kernel: 'clampGrad',
      arguments: [...unaryGradientArguments(request), ...endsOf(request.node.attributes)],
    },
  ],
);

export const hardtanhGrad: Operator = elementwiseGradient(
  {
    name: 'hardtanhGrad',
    attributes: ends,
    scalar(dy, x, attributes) {
      const [low, high] = endsOf(attributes);
      return x > low && x < high ? dy : 0;
    },
  },
  (request) => [
    {
      kernel: 'hardtanhGrad',
      arguments: [...unaryGradientArguments(request), ...endsOf(request.node.attributes)],
    },
  ],
);
