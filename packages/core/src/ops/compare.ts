// Comparisons as 1 or 0, with broadcasting. No gradient flows through them. What is not a number equals nothing.
import { binaryOperator } from './binary.js';
import { type OnnxRule, truth } from './onnx.js';

function compared(opType: string): OnnxRule {
  return ({ builder, inputs }) =>
    truth(
      builder,
      builder.add(
        opType,
        inputs.map(({ name }) => name),
      ),
    );
}

export const greater = binaryOperator({
  name: 'greater',
  onnx: compared('Greater'),
  scalar: (a, b) => (a > b ? 1 : 0),
});

export const greaterEqual = binaryOperator({
  name: 'greaterEqual',
  onnx: compared('GreaterOrEqual'),
  scalar: (a, b) => (a >= b ? 1 : 0),
});

export const equal = binaryOperator({
  name: 'equal',
  onnx: compared('Equal'),
  scalar: (a, b) => (a === b ? 1 : 0),
});

export const notEqual = binaryOperator({
  name: 'notEqual',
  onnx: ({ builder, inputs }) =>
    truth(
      builder,
      builder.add('Not', [
        builder.add(
          'Equal',
          inputs.map(({ name }) => name),
        ),
      ]),
    ),
  scalar: (a, b) => (a === b ? 0 : 1),
});
