// 1 / (1 + e⁻ˣ), written so that the exponential never overflows.
import { exp } from '../math/elementary.js';
import { unaryGradientOperator, unaryOperator } from './unary.js';

export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

export const sigmoid = unaryOperator({
  name: 'sigmoid',
  onnx: 'Sigmoid',
  values: 'squashed',
  gradient: ({ builder, output, dOutput }) => builder.add('sigmoidGrad', [dOutput, output]),
  scalar: logistic,
});

export const sigmoidGrad = unaryGradientOperator({
  name: 'sigmoidGrad',
  scalar: (dy, y) => dy * y * (1 - y),
});
