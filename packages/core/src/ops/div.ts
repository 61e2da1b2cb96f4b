// a ÷ b with broadcasting. With y = a / b: da = dy / b, db = −dy · y / b.
import { binaryOperator } from './binary.js';

export const div = binaryOperator({
  name: 'div',
  onnx: 'Div',
  gradient: ({ builder, inputs: [, b], output, dOutput, needed }) => {
    const da = builder.add('div', [dOutput, b!]);
    return [
      needed[0] ? da : undefined,
      needed[1] ? builder.add('neg', [builder.add('mul', [da, output])]) : undefined,
    ];
  },
  scalar: (a, b) => a / b,
});
