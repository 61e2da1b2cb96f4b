// max(x, 0); the gradient at 0 is 0, as in PyTorch.
import { unaryGradientOperator, unaryOperator } from './unary.js';

export const relu = unaryOperator({
  name: 'relu',
  onnx: 'Relu',
  mayDie: true,
  gradient: ({ builder, output, dOutput }) => builder.add('reluGrad', [dOutput, output]),
  scalar: (x) => Math.max(x, 0),
});

export const reluGrad = unaryGradientOperator({
  name: 'reluGrad',
  scalar: (dy, y) => (y > 0 ? dy : 0),
});
