// x to the power of one number, a float32 other than 0 and below 2^24, from where on none is odd. d = exponent · x^(exponent − 1).
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { exp, log, powInteger } from '../math/elementary.js';
import { numberAttribute, type Operator } from './operator.js';
import { elementwiseOperator, unaryArguments } from './unary.js';

/** Exponents are nearer to 0 than this, so that one less is a float32, too: odd where it is odd. */
const LIMIT = 2 ** 24;

const exponentOf = (attributes: Attributes): number =>
  Math.fround(numberAttribute(attributes, 'exponent'));

function power(x: number, exponent: number): number {
  const size = Math.abs(x);
  if (!Number.isInteger(exponent)) return x < 0 ? Number.NaN : exp(exponent * log(x));
  // So many multiplications would round more than the logarithm does.
  const few = Math.abs(exponent) <= 64;
  const result = few ? powInteger(size, Math.abs(exponent)) : exp(Math.abs(exponent) * log(size));
  const isNegative = x < 0 || Object.is(x, -0);
  const signed = isNegative && exponent % 2 !== 0 ? -result : result;
  return exponent < 0 ? 1 / signed : signed;
}

const elementwise = elementwiseOperator(
  {
    name: 'pow',
    attributes: { exponent: 'finite' },
    onnx: ({ builder, node, inputs: [x] }) =>
      builder.add('Pow', [x!.name, builder.scalar(exponentOf(node.attributes))]),
    gradient({ builder, node, inputs: [x], dOutput }) {
      const exponent = exponentOf(node.attributes);
      const times = builder.add('mul', [dOutput, builder.constant(exponent)]);
      if (exponent === 1) return times;
      const rest = exponent === 2 ? x! : builder.add('pow', [x!], { exponent: exponent - 1 });
      return builder.add('mul', [times, rest]);
    },
    scalar: (x, attributes) => power(x, exponentOf(attributes)),
  },
  (request) => [
    {
      kernel: 'pow',
      arguments: [...unaryArguments(request), exponentOf(request.node.attributes)],
    },
  ],
);

export const pow: Operator = {
  ...elementwise,
  shape(inputs, attributes) {
    const exponent = exponentOf(attributes);
    if (exponent === 0) {
      throw new ShapeError('pow: the exponent is 0, and every number to the power of 0 is 1');
    }
    if (Math.abs(exponent) >= LIMIT) {
      throw new ShapeError(`pow: the exponent is ${exponent}, expected one nearer to 0 than 2^24`);
    }
    return elementwise.shape(inputs, attributes);
  },
};
