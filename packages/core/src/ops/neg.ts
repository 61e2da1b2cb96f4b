// −x.
import { unaryOperator } from './unary.js';

export const neg = unaryOperator({
  name: 'neg',
  gradient: ({ builder, dOutput }) => builder.add('neg', [dOutput]),
  scalar: (x) => -x,
});
