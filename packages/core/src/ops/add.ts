// a + b with broadcasting.
import { binaryOperator } from './binary.js';

export const add = binaryOperator({
  name: 'add',
  onnx: 'Add',
  gradient: ({ dOutput, needed }) => needed.map((need) => (need ? dOutput : undefined)),
  scalar: (a, b) => a + b,
});
