// The common part of operators that work on the last axis as one row: softmax and its kind.
import type { KernelSignatures } from '@lockstep/kernels';
import { ShapeError } from '../errors.js';
import { exp, log } from '../math/elementary.js';
import { type Count, formatShape, type Shape, sampleSize } from '../shape.js';
import { rowsOfPositions } from './one-position.js';
import type { OnnxRule } from './onnx.js';
import type { GradientRequest, KernelsLike, Numbers, Operator } from './operator.js';
import { forEachRow } from './reference.js';

/** Rows of a tensor whose last axis is the row, as a function of the batch size. */
export function rowCount(shape: Shape): Count {
  const rows = sampleSize(shape) / rowLength(shape);
  return shape[0] === 'N' ? { perRow: rows, constant: 0 } : { perRow: 0, constant: rows };
}

/** Length of the last axis; the batch axis cannot be one. */
export function rowLength(shape: Shape): number {
  return shape.at(-1) as number;
}

export function requireRow(shape: Shape, what: string): void {
  if (shape.length === 0 || shape.at(-1) === 'N') {
    throw new ShapeError(`${what}: needs a last axis to work on, got ${formatShape(shape)}`);
  }
}

interface RowRule {
  readonly name: KernelsLike<KernelSignatures['softmax']>;
  readonly onnx: OnnxRule;
  /** Whether scores become probabilities. */
  readonly values?: 'squashed';
  /** What a row of one number becomes, whatever the number. */
  readonly ofOne?: number;
  readonly gradient: (request: GradientRequest) => number;
  readonly row: (x: Numbers, y: Numbers, start: number, length: number) => void;
}

/** An operator of ONNX that works on the axis that it is told. */
export function overLastAxis(opType: string): OnnxRule {
  return ({ builder, inputs: [x] }) => builder.add(opType, [x!.name], { axis: { i: -1 } });
}

/** y = f(x), row by row. */
export function rowOperator({ name, gradient, row, ...rest }: RowRule): Operator {
  return {
    name,
    kind: 'compute',
    inputs: ['f32'],
    attributes: {},
    inModels: true,
    onePosition: rowsOfPositions,
    ...rest,
    shape([x]) {
      requireRow(x!.shape, name);
      return x!.shape;
    },
    gradient: (request) => [gradient(request)],
    reference({ inputs: [x], output }) {
      forEachRow(output.shape, (start, length) => row(x!.data, output.data, start, length));
    },
    lower: ({ node, inputs: [x], output }) => [
      {
        kernel: name,
        arguments: [output, { node: x!.node }, rowCount(node.shape), rowLength(node.shape)],
      },
    ],
  };
}

interface RowGradientRule {
  readonly name: KernelsLike<KernelSignatures['softmaxGrad']>;
  readonly row: (dy: Numbers, y: Numbers, dx: Numbers, start: number, length: number) => void;
}

/** dx from (dy, y), row by row. Used by gradients only. */
export function rowGradientOperator({ name, row }: RowGradientRule): Operator {
  return {
    name,
    kind: 'compute',
    inputs: ['f32', 'f32'],
    attributes: {},
    inModels: false,
    shape: ([dy]) => dy!.shape,
    reference({ inputs: [dy, y], output }) {
      forEachRow(output.shape, (start, length) =>
        row(dy!.data, y!.data, output.data, start, length),
      );
    },
    lower: ({ node, inputs: [dy, y], output }) => [
      {
        kernel: name,
        arguments: [
          output,
          { node: dy!.node },
          { node: y!.node },
          rowCount(node.shape),
          rowLength(node.shape),
        ],
      },
    ],
  };
}

/** log Σ exp of a row, with the maximum subtracted first so that nothing overflows. */
export function logSumExp(x: Numbers, start: number, length: number): number {
  let max = x[start]!;
  for (let i = 1; i < length; i++) max = Math.max(max, x[start + i]!);
  let sum = 0;
  for (let i = 0; i < length; i++) sum += exp(x[start + i]! - max);
  return max + log(sum);
}
