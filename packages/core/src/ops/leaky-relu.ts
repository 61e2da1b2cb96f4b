// x where x > 0, else slope · x; the gradient at 0 is the slope's, as in PyTorch.
// Source: Maas, Hannun, Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013).
import type { Attributes } from '../graph/graph.js';
import { numberAttribute } from './operator.js';
import {
  elementwiseGradient,
  elementwiseOperator,
  unaryArguments,
  unaryGradientArguments,
} from './unary.js';

const slopeOf = (attributes: Attributes): number => numberAttribute(attributes, 'slope');

export const leakyRelu = elementwiseOperator(
  {
    name: 'leakyRelu',
    onnx: ({ builder, node, inputs: [x] }) =>
      builder.add('LeakyRelu', [x!.name], { alpha: { f: slopeOf(node.attributes) } }),
    attributes: { slope: 'finite' },
    gradient: ({ builder, node, inputs: [x], dOutput }) =>
      builder.add('leakyReluGrad', [dOutput, x!], node.attributes),
    scalar: (x, attributes) => (x > 0 ? x : x * slopeOf(attributes)),
  },
  (request) => [
    {
      kernel: 'leakyRelu',
      arguments: [...unaryArguments(request), slopeOf(request.node.attributes)],
    },
  ],
);

export const leakyReluGrad = elementwiseGradient(
  {
    name: 'leakyReluGrad',
    attributes: { slope: 'finite' },
    scalar: (dy, x, attributes) => (x > 0 ? dy : dy * slopeOf(attributes)),
  },
  (request) => [
    {
      kernel: 'leakyReluGrad',
      arguments: [...unaryGradientArguments(request), slopeOf(request.node.attributes)],
    },
  ],
);
