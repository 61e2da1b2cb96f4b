// The tensors that a model is written with. A tensor holds no numbers: it is a node of the graph that is
// being traced, and each function adds a node. Names and meaning follow PyTorch and NumPy.
import { checkOptions, describeValue, type OptionNames, requireBoolean } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import type { Attributes, ElementType } from '../graph/graph.js';
import type { NumberSource } from '../numbers.js';
import {
  type Dim,
  formatShape,
  isBatched,
  product,
  type Shape,
  sampleShape,
  sampleSize,
} from '../shape.js';
import { type GraphBuilder, otherType } from '../transform/builder.js';
import { constantNode } from './constant.js';

/** A tensor in a graph that is being traced. */
export class Tensor {
  readonly builder: GraphBuilder;
  readonly node: number;

  constructor(builder: GraphBuilder, node: number) {
    this.builder = builder;
    this.node = node;
  }

  /** Axis lengths, the batch axis first as 'N'. */
  get shape(): Shape {
    return this.builder.shapeOf(this.node);
  }

  get type(): ElementType {
    return this.builder.node(this.node).type;
  }

  /**
   * For text. JavaScript's own arithmetic would make NaN of it and its comparisons false, without a word, since a tensor
   * that is being traced holds no numbers.
   *
   * @throws ConfigError where a number is asked for
   */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return `tensor ${formatShape(this.shape)}`;
    throw new ConfigError(
      `a tensor ${formatShape(this.shape)} holds no numbers that +, * or < could compute with; use add, sub, mul, div, step and the other functions over tensors`,
    );
  }
}

/** A tensor, or numbers that stand for a constant one: a single number, or lists as its shape says. */
export type Operand = Tensor | number | NumberSource;

export function applyOperator(
  op: string,
  inputs: readonly Tensor[],
  attributes?: Attributes,
): Tensor {
  for (const input of inputs) requireTensor(op, input);
  const { builder } = inputs[0]!;
  if (inputs.some((input) => input.builder !== builder)) {
    throw new ConfigError(`${op}: the tensors belong to two different models`);
  }
  return new Tensor(
    builder,
    builder.add(
      op,
      inputs.map(({ node }) => node),
      attributes,
    ),
  );
}

/**
 * An operator for a layer or a function that people call otherwise, as `maxPool2d` for `maxPool1d`: what does not fit is told
 * under the name that they know.
 */
export function applyOperatorFor(
  what: string,
  op: string,
  inputs: readonly Tensor[],
  attributes?: Attributes,
): Tensor {
  for (const input of inputs) requireTensor(what, input);
  try {
    return applyOperator(op, inputs, attributes);
  } catch (error) {
    const prefix = `${op}: `;
    if (!(error instanceof ShapeError) || !error.message.startsWith(prefix)) throw error;
    throw new ShapeError(`${what}: ${error.message.slice(prefix.length)}`, { cause: error });
  }
}

/** @param op what asks for it */
export function requireTensor(op: string, x: unknown): asserts x is Tensor {
  if (x instanceof Tensor) return;
  throw new ConfigError(`${op}: expected a tensor, got ${describeValue(x)}`);
}

/** @throws ConfigError if it is no tensor, ShapeError if it holds tokens or labels */
export function requireFloats(op: string, x: unknown): asserts x is Tensor {
  requireTensor(op, x);
  const { type, shape } = x.builder.node(x.node);
  if (type === 'i32') throw new ShapeError(`${op}: ${otherType('f32', type, shape)}`);
}

/** An operator of two operands, of which one may be numbers. */
export function binary(op: string, a: Operand, b: Operand): Tensor {
  const builder = [a, b].find((operand) => operand instanceof Tensor)?.builder;
  if (!builder) throw new ConfigError(`${op}: at least one operand must be a tensor`);
  const [left, right] = [a, b].map((operand) =>
    isNumbers(operand) ? new Tensor(builder, constantNode(builder, op, operand)) : operand,
  ) as [Tensor, Tensor];
  return applyOperator(op, [left, right]);
}

function isNumbers(operand: Operand): operand is number | NumberSource {
  return typeof operand === 'number' || Array.isArray(operand) || ArrayBuffer.isView(operand);
}

/** a + b, element by element, with broadcasting. */
export function add(a: Operand, b: Operand): Tensor {
  return binary('add', a, b);
}

/** a − b, element by element, with broadcasting. */
export function sub(a: Operand, b: Operand): Tensor {
  return binary('sub', a, b);
}

/** a × b, element by element, with broadcasting. */
export function mul(a: Operand, b: Operand): Tensor {
  return binary('mul', a, b);
}

/** a ÷ b, element by element, with broadcasting. */
export function div(a: Operand, b: Operand): Tensor {
  return binary('div', a, b);
}

/** −x. */
export function neg(x: Tensor): Tensor {
  return applyOperator('neg', [x]);
}

/** eˣ, within 1 ulp. */
export function exp(x: Tensor): Tensor {
  return applyOperator('exp', [x]);
}

/** Natural logarithm, within 1 ulp; −∞ at 0, NaN below. */
export function log(x: Tensor): Tensor {
  return applyOperator('log', [x]);
}

/** √x. */
export function sqrt(x: Tensor): Tensor {
  return applyOperator('sqrt', [x]);
}

/**
 * Matrix product: [..., M, K] × [K, P] → [..., M, P], or [..., M, K] × [..., K, P] → [..., M, P], one product per leading
 * index, with leading axes broadcast as in NumPy and PyTorch.
 *
 * @throws ShapeError if the shapes do not fit
 */
export function matmul(a: Operand, b: Operand): Tensor {
  return binary('matmul', a, b);
}

/** Which axes a reduction works on (negative ones count from the end), and whether they are kept as 1. */
export interface ReduceOptions {
  /** Default: all but the batch axis. */
  readonly axes?: number | readonly number[];
  readonly keepDims?: boolean;
}

const REDUCE_OPTIONS: OptionNames<ReduceOptions> = { axes: true, keepDims: true };

/** Sum over axes. @throws ShapeError for the batch axis, since samples are computed independently */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce('sum', x, options);
}

/** Maximum over axes. @throws ShapeError for the batch axis, since samples are computed independently */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce('max', x, options);
}

/** Mean over axes: the sum, divided once. @throws ShapeError for the batch axis */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  requireTensor('mean', x);
  checkOptions('mean', options, REDUCE_OPTIONS);
  const count = product(
    reducedAxes('mean', x.shape, options.axes).map((axis) => x.shape[axis] as number),
  );
  return div(reduce('sum', x, options), count);
}

/**
 * Sum over all samples of a step's batch [N, …], for the update of a buffer.
 *
 * @throws ShapeError if x has no batch axis
 */
export function batchSum(x: Tensor): Tensor {
  const sum = applyOperator('batchSum', [x]);
  if (isBatched(x.shape)) return sum;
  throw new ShapeError(`batchSum: ${formatShape(x.shape)} has no batch axis`);
}

/** Mean over all samples of a step's batch: the sum, divided by how many they are. @throws as `batchSum` */
export function batchMean(x: Tensor): Tensor {
  requireTensor('batchMean', x);
  const { builder } = x;
  const ones = builder.add('broadcast', [builder.constant(1)], { shape: ['N'] });
  return div(batchSum(x), batchSum(new Tensor(builder, ones)));
}

function reducedAxes(op: string, shape: Shape, axes: ReduceOptions['axes']): number[] {
  const first = isBatched(shape) ? 1 : 0;
  const all = shape.map((_, axis) => axis).slice(first);
  const asked = axes === undefined ? all : [axes].flat();
  const normal = asked.map((axis) => (axis < 0 ? axis + shape.length : axis));
  for (const [i, axis] of normal.entries()) {
    if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length || normal.indexOf(axis) !== i) {
      throw new ShapeError(
        `${op}: axes [${asked.join(', ')}] are not distinct axes of ${formatShape(shape)}`,
      );
    }
    if (axis < first) {
      throw new ShapeError(
        `${op}: the batch axis of ${formatShape(shape)} cannot be reduced; samples are computed independently, and the trainer averages over the batch`,
      );
    }
  }
  return normal.sort((a, b) => a - b);
}

/** @param name of what was called, for errors */
export function reduce(
  op: 'sum' | 'max',
  x: Tensor,
  options: ReduceOptions,
  name: string = op,
): Tensor {
  requireTensor(name, x);
  checkOptions(name, options, REDUCE_OPTIONS);
  const { axes, keepDims = false } = options;
  requireBoolean(name, 'keepDims', keepDims);
  const shape = x.shape;
  const reduced = reducedAxes(name, shape, axes);
  let result = x;
  // Neighbouring axes go in one pass, from the last group to the first.
  for (let end = reduced.length; end > 0; ) {
    let start = end - 1;
    while (start > 0 && reduced[start - 1] === reduced[start]! - 1) start--;
    result = applyOperator(op, [result], { axis: reduced[start]!, count: end - start });
    end = start;
  }
  if (!keepDims) return result;
  return reshapeTo(
    result,
    shape.map((dim, axis) => (reduced.includes(axis) ? 1 : dim)),
  );
}

/**
 * The same elements under another shape. One length may be −1: it is what is left over.
 *
 * @param shape the new shape of one sample (the batch axis stays and is not given), or of the whole constant
 * @throws ShapeError if the number of elements differs, or more than one length is −1
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  requireTensor('reshape', x);
  if (shape.filter((dim) => dim === -1).length > 1) {
    throw new ShapeError(`reshape: only one length may be -1, got [${shape.join(', ')}]`);
  }
  const known = product(shape.filter((dim) => dim !== -1));
  const dims = shape.map((dim) => (dim === -1 ? sampleSize(x.shape) / known : dim));
  return reshapeTo(x, isBatched(x.shape) ? ['N', ...dims] : dims);
}

function reshapeTo(x: Tensor, shape: readonly Dim[]): Tensor {
  return applyOperator('reshape', [x], { shape });
}

/**
 * Axes in another order.
 *
 * @param axes the order, the batch axis (0) first where there is one; default: the last two change places
 */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
  requireTensor('transpose', x);
  const rank = x.shape.length;
  if (axes !== undefined && !Array.isArray(axes)) {
    throw new ConfigError(
      `transpose: axes are ${describeValue(axes)}, expected a list such as [0, 2, 1]`,
    );
  }
  if (!axes && sampleShape(x.shape).length < 2) {
    throw new ShapeError(
      `transpose: needs two axes besides the batch, got ${formatShape(x.shape)}`,
    );
  }
  const order = axes ?? x.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  return applyOperator('transpose', [x], { axes: order });
}

/** The tensor repeated along axes of length 1 to become `shape`. */
export function broadcast(x: Tensor, shape: Shape): Tensor {
  return applyOperator('broadcast', [x], { shape });
}

/**
 * The same values, as if they were constants: what x was made from gets no gradient through it. As PyTorch's `detach`.
 */
export function stopGradient(x: Tensor): Tensor {
  return applyOperator('stopGradient', [x]);
}

/** Class labels [N] as vectors [N, classes]. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  return applyOperator('oneHot', [labels], { classes });
}
