// |x|; the gradient at 0 is 0, as in PyTorch.
import { unaryOperator } from './unary.js';

export const abs = unaryOperator({
  name: 'abs',
  onnx: 'Abs',
  gradient({ builder, inputs: [x], dOutput }) {
    const below = builder.add('step', [builder.add('neg', [x!])]);
    const sign = builder.add('sub', [builder.add('step', [x!]), below]);
    return builder.add('mul', [dOutput, sign]);
  },
  scalar: Math.abs,
});
