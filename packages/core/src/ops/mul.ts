// a × b with broadcasting.
import { binaryOperator } from './binary.js';

export const mul = binaryOperator({
  name: 'mul',
  onnx: 'Mul',
  gradient: ({ builder, inputs: [a, b], dOutput, needed }) => [
    needed[0] ? builder.add('mul', [dOutput, b!]) : undefined,
    needed[1] ? builder.add('mul', [dOutput, a!]) : undefined,
  ],
  scalar: (a, b) => a * b,
});
