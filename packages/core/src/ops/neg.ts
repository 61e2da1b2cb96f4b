// −x.
import { unaryOperator } from './unary.js';

export const neg = unaryOperator({
  name: 'neg',
  onnx: 'Neg',
  gradient: ({ builder, dOutput }) => builder.add('neg', [dOutput]),
  scalar: (x) => -x,
});
