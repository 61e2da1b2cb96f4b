// eˣ; its gradient is dy · y.
import { exp as exponential } from '../math/elementary.js';
import { unaryOperator } from './unary.js';

export const exp = unaryOperator({
  name: 'exp',
  onnx: 'Exp',
  gradient: ({ builder, output, dOutput }) => builder.add('mul', [dOutput, output]),
  scalar: exponential,
});
