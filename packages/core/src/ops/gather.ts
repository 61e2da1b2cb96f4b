// Rows along one axis by numbers. `gather`: each sample has its own whole numbers, i32, and the axes before the one that is read are
// shared: x [N, A…, L, R…] by [N, A…, K…] → [N, A…, K…, R…]. `take`: all have the same, constants f32 [K], of which the fraction is
// cut off. A number that is no row, such as −100, has a row of zeros and gets no gradient: none leads outside of the tensor.
// dx of a row is the sum over where it was taken, in the order of the numbers.
import { ShapeError } from '../errors.js';
import type { ElementType } from '../graph/graph.js';
import {
  type Count,
  formatShape,
  isBatched,
  product,
  type Shape,
  sameShape,
  sampleSize,
} from '../shape.js';
import { axisRange, concreteRange } from './axis-range.js';
import {
  type ComputeOperator,
  type LoweringRequest,
  numberAttribute,
  type ReferenceCall,
  shapeAttribute,
} from './operator.js';

const INT64 = 7;

type Rules = Pick<ComputeOperator, 'onnx' | 'onePosition' | 'shape'> & {
  readonly name: 'gather' | 'take';
  readonly indexType: ElementType;
};

/** The operator, and its gradient: from the gradient of what was taken and the numbers. */
function pair({ name, indexType, ...rules }: Rules): [ComputeOperator, ComputeOperator] {
  const gradient: ComputeOperator = {
    name: `${name}Grad`,
    kind: 'compute',
    inputs: ['f32', indexType],
    attributes: { axis: 'integer', shape: 'shape' },
    inModels: false,
    shape: (_, attributes) => shapeAttribute(attributes, 'shape'),
    reference(call) {
      const { inputs, output } = call;
      output.data.fill(0);
      eachRow(call, output.shape, (row, taken, inner) => {
        if (row === undefined) return;
        for (let j = 0; j < inner; j++) output.data[row + j]! += inputs[0]!.data[taken + j]!;
      });
    },
    lower: (request) => [
      { kernel: 'gatherGrad', arguments: kernelArguments(request, request.node.shape) },
    ],
  };
  const operator: ComputeOperator = {
    ...{ name, kind: 'compute', inputs: ['f32', indexType], inModels: true },
    attributes: { axis: 'integer' },
    ...rules,
    gradient: ({ builder, node, inputs: [x, indices], dOutput }) => [
      builder.add(gradient.name, [dOutput, indices!], {
        axis: node.attributes.axis!,
        shape: builder.shapeOf(x!),
      }),
      undefined,
    ],
    reference(call) {
      const { inputs, output } = call;
      eachRow(call, inputs[0]!.shape, (row, taken, inner) => {
        for (let j = 0; j < inner; j++) {
          output.data[taken + j] = row === undefined ? 0 : inputs[0]!.data[row + j]!;
        }
      });
    },
    lower: (request) => [
      { kernel: 'gather', arguments: kernelArguments(request, request.inputs[0]!.shape) },
    ],
  };
  return [operator, gradient];
}

/** @param shape of what has the axis */
function kernelArguments({ node, inputs: [x, indices], output }: LoweringRequest, shape: Shape) {
  const axis = numberAttribute(node.attributes, 'axis');
  const { outer, length, inner } = axisRange(shape, axis, 1);
  const isOwn = indices!.type === 'i32';
  const count = sampleSize(isOwn ? indices!.shape.slice(axis) : indices!.shape);
  const sizes: readonly [Count, number, number, number] = [outer, length.constant, count, inner];
  return [
    ...([output, { node: x!.node }, { node: indices!.node }] as const),
    ...([isOwn ? 0 : 1, ...sizes, isOwn ? count : 0] as const),
  ] as const;
}

/**
 * @param shape of what has the axis
 * @param use where a row begins that is taken, undefined where the number is none, and where it is put
 */
function eachRow(
  { inputs: [, indices], attributes }: ReferenceCall,
  shape: readonly number[],
  use: (row: number | undefined, taken: number, inner: number) => void,
): void {
  const axis = numberAttribute(attributes, 'axis');
  const { outer, length, inner } = concreteRange(shape, axis, 1);
  const isOwn = indices!.data instanceof Int32Array;
  const count = product(isOwn ? indices!.shape.slice(axis) : indices!.shape);
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < count; k++) {
      const index = indices!.data[isOwn ? o * count + k : k]!;
      const isRow = index >= 0 && index < length;
      const row = isRow ? (o * length + Math.trunc(index)) * inner : undefined;
      use(row, (o * count + k) * inner, inner);
    }
  }
}

export const [gather, gatherGrad] = pair({
  name: 'gather',
  indexType: 'i32',
  shape([x, indices], attributes) {
    const axis = numberAttribute(attributes, 'axis');
    const { shape } = x!;
    const leading = shape.slice(0, axis);
    const isFitting = axis >= 1 && axis < shape.length && isBatched(shape);
    if (!isFitting || !sameShape(leading, indices!.shape.slice(0, axis))) {
      throw new ShapeError(
        `gather: axis ${axis} of ${formatShape(shape)} by ${formatShape(indices!.shape)}, expected an axis of one sample, and numbers with the same axes before it`,
      );
    }
    return [...indices!.shape, ...shape.slice(axis + 1)];
  },
  onePosition({ builder, node, inputs: [x, indices] }) {
    const isBefore = x!.axis !== undefined && x!.axis < numberAttribute(node.attributes, 'axis');
    if (!isBefore || x!.axis !== indices!.axis) return undefined;
    return {
      node: builder.add('gather', [x!.node, indices!.node], node.attributes),
      axis: x!.axis,
    };
  },
  onnx({ builder, node, inputs: [x, indices] }) {
    const last = builder.integers([indices!.shape.length]);
    const each = builder.add('Unsqueeze', [indices!.name, last]);
    const axes = numberAttribute(node.attributes, 'axis');
    return builder.add('GatherND', [x!.name, each], { batch_dims: { i: axes } });
  },
});

export const [take, takeGrad] = pair({
  name: 'take',
  indexType: 'f32',
  shape([x, indices], attributes) {
    const axis = numberAttribute(attributes, 'axis');
    const { shape } = x!;
    if (axis >= shape.length || (axis === 0 && isBatched(shape))) {
      throw new ShapeError(
        `take: axis ${axis} is no axis of one sample of ${formatShape(shape)}; samples are computed independently`,
      );
    }
    if (indices!.shape.length !== 1 || isBatched(indices!.shape)) {
      throw new ShapeError(
        `take: the numbers are ${formatShape(indices!.shape)}, expected [K], the same for all samples`,
      );
    }
    return shape.map((dim, i) => (i === axis ? indices!.shape[0]! : dim));
  },
  onePosition({ builder, node, inputs: [x, indices] }) {
    if (x!.axis === node.attributes.axis || indices!.axis !== undefined) return undefined;
    return { node: builder.add('take', [x!.node, indices!.node], node.attributes), axis: x!.axis };
  },
  onnx({ builder, node, inputs: [x, indices] }) {
    const whole = builder.add('Cast', [indices!.name], { to: { i: INT64 } });
    const axis = numberAttribute(node.attributes, 'axis');
    return builder.add('Gather', [x!.name, whole], { axis: { i: axis } });
  },
});
