// √x; with y = √x its gradient is dy / 2y.
import { unaryOperator } from './unary.js';

export const sqrt = unaryOperator({
  name: 'sqrt',
  onnx: 'Sqrt',
  gradient: ({ builder, output, dOutput }) =>
    builder.add('div', [builder.add('mul', [dOutput, builder.constant(0.5)]), output]),
  scalar: Math.sqrt,
});
