// The common part of operators that work on one element at a time, and of their gradients.
import type { KernelSignatures } from '@lockstep/kernels';
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { elementCount, formatShape, sameShape } from '../shape.js';
import type { OnnxRule } from './onnx.js';
import type {
  AttributeRule,
  GradientRequest,
  KernelCall,
  KernelsLike,
  LoweringRequest,
  Operator,
} from './operator.js';

interface UnaryRule {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, AttributeRule>>;
  /** Whether scores become probabilities or decisions. */
  readonly values?: 'squashed';
  readonly mayDie?: true;
  readonly onnx: OnnxRule;
  /** Left out where the gradient is zero. */
  readonly gradient?: (request: GradientRequest) => number;
  readonly scalar: (x: number, attributes: Attributes) => number;
}

interface UnaryKernelRule extends UnaryRule {
  readonly name: KernelsLike<KernelSignatures['neg']>;
}

/** y = f(x), element by element, by the kernel of its name. */
export function unaryOperator(rule: UnaryKernelRule): Operator {
  return elementwiseOperator(rule, (request) => [
    { kernel: rule.name, arguments: unaryArguments(request) },
  ]);
}

/** What all kernels of one element take. */
export function unaryArguments({ node, inputs: [x], output }: LoweringRequest) {
  return [output, { node: x!.node }, elementCount(node.shape)] as const;
}

/** y = f(x), element by element. */
export function elementwiseOperator(
  { name, attributes = {}, gradient, scalar, ...rest }: UnaryRule,
  lower: (request: LoweringRequest) => KernelCall[],
): Operator {
  return {
    name,
    kind: 'compute',
    inputs: ['f32'],
    attributes,
    inModels: true,
    elementwise: true,
    ...rest,
    shape: ([x]) => x!.shape,
    ...(gradient && { gradient: (request: GradientRequest) => [gradient(request)] }),
    reference({ inputs: [x], output, attributes }) {
      for (let i = 0; i < output.data.length; i++) output.data[i] = scalar(x!.data[i]!, attributes);
    },
    lower,
  };
}

interface UnaryGradientRule {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, AttributeRule>>;
  /** `saved` is the forward operator's input or output, whichever the formula needs. */
  readonly scalar: (dy: number, saved: number, attributes: Attributes) => number;
}

interface UnaryGradientKernelRule extends UnaryGradientRule {
  readonly name: KernelsLike<KernelSignatures['reluGrad'] | KernelSignatures['geluGrad']>;
}

/** dx from (dy, saved), element by element, by the kernel of its name. Used by gradients only. */
export function unaryGradientOperator(rule: UnaryGradientKernelRule): Operator {
  return elementwiseGradient(rule, (request) => [
    { kernel: rule.name, arguments: unaryGradientArguments(request) },
  ]);
}

/** What all kernels of such gradients take. */
export function unaryGradientArguments({ node, inputs: [dy, saved], output }: LoweringRequest) {
  return [output, { node: dy!.node }, { node: saved!.node }, elementCount(node.shape)] as const;
}

/** dx from (dy, saved), element by element. Used by gradients only. */
export function elementwiseGradient(
  { name, attributes = {}, scalar }: UnaryGradientRule,
  lower: (request: LoweringRequest) => KernelCall[],
): Operator {
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
    lower,
  };
}
