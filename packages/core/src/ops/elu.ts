// x where x > 0, else alpha · (eˣ − 1); the gradient at 0 is alpha's, as in PyTorch.
// Source: Clevert, Unterthiner, Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units (2016).
import type { Attributes } from '../graph/graph.js';
import { exp } from '../math/elementary.js';
import { numberAttribute } from './operator.js';
import {
  elementwiseGradient,
  elementwiseOperator,
  unaryArguments,
  unaryGradientArguments,
} from './unary.js';

const alphaOf = (attributes: Attributes): number => numberAttribute(attributes, 'alpha');

export const elu = elementwiseOperator(
  {
    name: 'elu',
    attributes: { alpha: 'finite' },
    onnx: ({ builder, node, inputs: [x] }) =>
      builder.add('Elu', [x!.name], { alpha: { f: alphaOf(node.attributes) } }),
    gradient: ({ builder, node, inputs: [x], dOutput }) =>
      builder.add('eluGrad', [dOutput, x!], node.attributes),
    scalar: (x, attributes) => (x > 0 ? x : alphaOf(attributes) * expm1(x)),
  },
  (request) => [
    { kernel: 'elu', arguments: [...unaryArguments(request), alphaOf(request.node.attributes)] },
  ],
);

export const eluGrad = elementwiseGradient(
  {
    name: 'eluGrad',
    attributes: { alpha: 'finite' },
    scalar: (dy, x, attributes) => (x > 0 ? dy : dy * alphaOf(attributes) * exp(x)),
  },
  (request) => [
    {
      kernel: 'eluGrad',
      arguments: [...unaryGradientArguments(request), alphaOf(request.node.attributes)],
    },
  ],
);

/** eˣ − 1: a series where the difference would cancel. */
function expm1(x: number): number {
  if (Math.abs(x) > 0.01) return exp(x) - 1;
  return x * (1 + (x / 2) * (1 + (x / 3) * (1 + (x / 4) * (1 + (x / 5) * (1 + x / 6)))));
}
