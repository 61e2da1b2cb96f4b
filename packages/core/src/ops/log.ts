// Natural logarithm; its gradient is dy / x.
import { log as logarithm } from '../math/elementary.js';
import { unaryOperator } from './unary.js';

export const log = unaryOperator({
  name: 'log',
  onnx: 'Log',
  gradient: ({ builder, inputs: [x], dOutput }) => builder.add('div', [dOutput, x!]),
  scalar: logarithm,
});
