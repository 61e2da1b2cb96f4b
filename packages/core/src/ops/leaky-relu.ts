// x where x > 0, else slope · x; the gradient at 0 is the slope's, as in PyTorch.
// Source: Maas, Hannun, Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013).
import { numberAttribute } from './operator.js';
import { unaryGradientOperator, unaryOperator } from './unary.js';

export const leakyRelu = unaryOperator({
  name: 'leakyRelu',
  attributes: { slope: 'finite' },
  gradient: ({ builder, node, inputs: [x], dOutput }) =>
    builder.add('leakyReluGrad', [dOutput, x!], node.attributes),
  scalar: (x, attributes) => (x > 0 ? x : x * numberAttribute(attributes, 'slope')),
});

export const leakyReluGrad = unaryGradientOperator({
  name: 'leakyReluGrad',
  attributes: { slope: 'finite' },
  scalar: (dy, x, attributes) => (x > 0 ? dy : dy * numberAttribute(attributes, 'slope')),
});
