// sin and cos. d sin = cos, d cos = −sin.
import { cos as cosine, sin as sine } from '../math/elementary.js';
import { unaryOperator } from './unary.js';

export const sin = unaryOperator({
  name: 'sin',
  onnx: 'Sin',
  gradient: ({ builder, inputs: [x], dOutput }) =>
    builder.add('mul', [dOutput, builder.add('cos', [x!])]),
  scalar: sine,
});

export const cos = unaryOperator({
  name: 'cos',
  onnx: 'Cos',
  gradient: ({ builder, inputs: [x], dOutput }) =>
    builder.add('neg', [builder.add('mul', [dOutput, builder.add('sin', [x!])])]),
  scalar: cosine,
});
