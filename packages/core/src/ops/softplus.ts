// log(1 + exp(beta · x)) / beta, and x itself where beta · x > threshold.
// Source: Dugas, Bengio, Bélisle, Nadeau, Garcia, Incorporating Second-Order Functional Knowledge (2001).
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { exp, log } from '../math/elementary.js';
import { numberAttribute, type Operator } from './operator.js';
import {
  elementwiseGradient,
  elementwiseOperator,
  unaryArguments,
  unaryGradientArguments,
} from './unary.js';

const numbersOf = (attributes: Attributes) =>
  [numberAttribute(attributes, 'beta'), numberAttribute(attributes, 'threshold')] as const;

const elementwise = elementwiseOperator(
  {
    name: 'softplus',
    attributes: { beta: 'finite', threshold: 'finite' },
    onnx({ builder, node, inputs: [x] }) {
      const [beta, threshold] = numbersOf(node.attributes).map((value) => builder.scalar(value));
      const scaled = builder.add('Mul', [x!.name, beta!]);
      const smooth = builder.add('Div', [builder.add('Softplus', [scaled]), beta!]);
      return builder.add('Where', [builder.add('Greater', [scaled, threshold!]), x!.name, smooth]);
    },
    gradient: ({ builder, node, inputs: [x], dOutput }) =>
      builder.add('softplusGrad', [dOutput, x!], node.attributes),
    scalar(x, attributes) {
      const [beta, threshold] = numbersOf(attributes);
      const z = beta * x;
      if (z > threshold) return x;
      return (Math.max(z, 0) + log1p(exp(-Math.abs(z)))) / beta;
    },
  },
  (request) => [
    {
      kernel: 'softplus',
      arguments: [...unaryArguments(request), ...numbersOf(request.node.attributes)],
    },
  ],
);

export const softplus: Operator = {
  ...elementwise,
  shape(inputs, attributes) {
    if (Math.fround(numberAttribute(attributes, 'beta')) === 0) {
      throw new ShapeError('softplus: beta is 0, and the result is divided by it');
    }
    return elementwise.shape(inputs, attributes);
  },
};

export const softplusGrad = elementwiseGradient(
  {
    name: 'softplusGrad',
    attributes: { beta: 'finite', threshold: 'finite' },
    scalar(dy, x, attributes) {
      const [beta, threshold] = numbersOf(attributes);
      return beta * x > threshold ? dy : dy / (1 + exp(-beta * x));
    },
  },
  (request) => [
    {
      kernel: 'softplusGrad',
      arguments: [...unaryGradientArguments(request), ...numbersOf(request.node.attributes)],
    },
  ],
);

/** log(1 + e), which keeps its digits for a small e. */
function log1p(e: number): number {
  const sum = 1 + e;
  return sum === 1 ? e : (log(sum) * e) / (sum - 1);
}
