// The common part of operators that work on one element at a time, and of their gradients.
import type { Kernels } from '@lockstep/kernels';
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { elementCount, formatShape, sameShape } from '../shape.js';
import {
  type AttributeRule,
  type GradientRequest,
  numberAttribute,
  type Operator,
} from './operator.js';

interface UnaryRule {
  readonly name: string & keyof Kernels;
  /** Attributes that the kernel takes after the element count. */
  readonly attributes?: Readonly<Record<string, AttributeRule>>;
  /** Whether scores become probabilities or decisions. */
  readonly values?: 'squashed';
  /** Left out where the gradient is zero. */
  readonly gradient?: (request: GradientRequest) => number;
  readonly scalar: (x: number, attributes: Attributes) => number;
}

/** y = f(x), element by element. */
export function unaryOperator({
  name,
  attributes = {},
  gradient,
  scalar,
  ...rest
}: UnaryRule): Operator {
  return {
    name,
    kind: 'compute',
    inputs: ['f32'],
    attributes,
    inModels: true,
    ...rest,
    shape: ([x]) => x!.shape,
    ...(gradient && { gradient: (request: GradientRequest) => [gradient(request)] }),
    reference({ inputs: [x], output, attributes }) {
      for (let i = 0; i < output.data.length; i++) output.data[i] = scalar(x!.data[i]!, attributes);
    },
    lower: ({ node, inputs: [x], output }) => [
      {
        kernel: name,
        arguments: [
          output,
          { node: x!.node },
          elementCount(node.shape),
          ...Object.keys(attributes).map((key) => numberAttribute(node.attributes, key)),
        ],
      },
    ],
  };
}

interface UnaryGradientRule {
  readonly name: string & keyof Kernels;
  readonly attributes?: Readonly<Record<string, AttributeRule>>;
  /** `saved` is the forward operator's input or output, whichever the formula needs. */
  readonly scalar: (dy: number, saved: number, attributes: Attributes) => number;
}

/** dx from (dy, saved), element by element. Used by gradients only. */
export function unaryGradientOperator({
  name,
  attributes = {},
  scalar,
}: UnaryGradientRule): Operator {
  return {
    name,
    kind: 'compute',
    inputs: ['f32', 'f32'],
    attributes,
    inModels: false,
    shape: ([dy, saved]) => {
      if (!sameShape(dy!.shape, saved!.shape)) {
        throw new ShapeError(
          `${name}: the gradient is ${formatShape(dy!.shape)}, the tensor ${formatShape(saved!.shape)}`,
        );
      }
      return dy!.shape;
    },
    reference({ inputs: [dy, saved], output, attributes }) {
      for (let i = 0; i < output.data.length; i++) {
        output.data[i] = scalar(dy!.data[i]!, saved!.data[i]!, attributes);
      }
    },
    lower: ({ node, inputs: [dy, saved], output }) => [
      {
        kernel: name,
        arguments: [
          output,
          { node: dy!.node },
          { node: saved!.node },
          elementCount(node.shape),
          ...Object.keys(attributes).map((key) => numberAttribute(node.attributes, key)),
        ],
      },
    ],
  };
}
