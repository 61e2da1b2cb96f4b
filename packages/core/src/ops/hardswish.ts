// x · min(max(x + 3, 0), 6) / 6; the slope at −3 is −1/2 and at 3 it is 3/2, as PyTorch says (in its vectors it is 1 at 3).
// Source: Howard et al., Searching for MobileNetV3 (2019).
import { unaryGradientOperator, unaryOperator } from './unary.js';

export const hardswish = unaryOperator({
  name: 'hardswish',
  onnx: 'HardSwish',
  gradient: ({ builder, inputs: [x], dOutput }) => builder.add('hardswishGrad', [dOutput, x!]),
  scalar: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
});

export const hardswishGrad = unaryGradientOperator({
  name: 'hardswishGrad',
  scalar: (dy, x) => (x < -3 ? 0 : x <= 3 ? dy * (x / 3 + 0.5) : dy),
});
