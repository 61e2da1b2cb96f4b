// a − b with broadcasting.
import { binaryOperator } from './binary.js';

export const sub = binaryOperator({
  name: 'sub',
  onnx: 'Sub',
  gradient: ({ builder, dOutput, needed }) => [
    needed[0] ? dOutput : undefined,
    needed[1] ? builder.add('neg', [dOutput]) : undefined,
  ],
  scalar: (a, b) => a - b,
});
