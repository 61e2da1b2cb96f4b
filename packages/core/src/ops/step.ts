// The threshold of the first artificial neurons: 1 where x > 0, else 0. Its gradient is zero everywhere.
// Source: McCulloch, Pitts, A Logical Calculus of the Ideas Immanent in Nervous Activity (1943).
import { unaryOperator } from './unary.js';

export const step = unaryOperator({
  name: 'step',
  values: 'squashed',
  scalar: (x) => (x > 0 ? 1 : 0),
});
