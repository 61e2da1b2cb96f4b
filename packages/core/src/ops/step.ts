// The threshold of the first artificial neurons: 1 where x > 0, else 0. Its gradient is zero everywhere.
// Source: McCulloch, Pitts, A Logical Calculus of the Ideas Immanent in Nervous Activity (1943).
import { truth } from './onnx.js';
import { unaryOperator } from './unary.js';

export const step = unaryOperator({
  name: 'step',
  values: 'squashed',
  onnx: ({ builder, inputs: [x] }) =>
    truth(builder, builder.add('Greater', [x!.name, builder.scalar(0)])),
  scalar: (x) => (x > 0 ? 1 : 0),
});
