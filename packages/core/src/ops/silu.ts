// x · sigmoid(x).
// Source: Elfwing, Uchibe, Doya, Sigmoid-Weighted Linear Units for Neural Network Function Approximation (2018).
import { exp } from '../math/elementary.js';
import { unaryGradientOperator, unaryOperator } from './unary.js';

const sigmoid = (x: number): number => 1 / (1 + exp(-x));

export const silu = unaryOperator({
  name: 'silu',
  onnx: ({ builder, inputs: [x] }) =>
    builder.add('Mul', [x!.name, builder.add('Sigmoid', [x!.name])]),
  gradient: ({ builder, inputs: [x], dOutput }) => builder.add('siluGrad', [dOutput, x!]),
  scalar: (x) => x * sigmoid(x),
});

export const siluGrad = unaryGradientOperator({
  name: 'siluGrad',
  scalar: (dy, x) => dy * sigmoid(x) * (1 + x * (1 - sigmoid(x))),
});
