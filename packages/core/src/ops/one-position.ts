// What operators say of themselves where positions of a sequence are computed one at a time, in so far as several say the same.
import { isBatched, type Shape, sameShape } from '../shape.js';
import type { PositionRequest, PositionTensor } from './operator.js';

/** Operators that work on the last axis as a row. */
export function rowsOfPositions(request: PositionRequest): PositionTensor | undefined {
  const { builder, node, shapes, inputs } = request;
  const [x, ...others] = inputs;
  if (x!.axis === shapes[0]!.length - 1 || others.some(({ axis }) => axis !== undefined)) {
    return undefined;
  }
  const nodes = inputs.map((input) => input.node);
  return { node: builder.add(node.op, nodes, node.attributes), axis: x!.axis };
}

/** Reductions of `count` axes from `axis` on, which disappear; positions are none of them. */
export function reducedBesidePositions(request: PositionRequest): PositionTensor | undefined {
  const { builder, node, inputs } = request;
  const [x] = inputs;
  const { axis: first, count } = node.attributes as Readonly<Record<string, number>>;
  const at = x!.axis!;
  if (at >= first! && at < first! + count!) return undefined;
  const axis = at < first! ? at : at - count!;
  return { node: builder.add(node.op, [x!.node], node.attributes), axis };
}

/** Elementwise operators: of an operand that is the same at every position the row of this one is taken. */
export function elementsOfPosition(request: PositionRequest): PositionTensor | undefined {
  const { builder, node, shapes, inputs } = request;
  const rank = node.shape.length;
  const alignedAxis = (i: number, axis: number): number => axis + rank - shapes[i]!.length;
  const axes = inputs.flatMap(({ axis }, i) => (axis === undefined ? [] : [alignedAxis(i, axis)]));
  const [axis] = axes;
  if (axes.some((other) => other !== axis)) return undefined;
  const nodes = inputs.map((input, i) => {
    if (input.axis !== undefined) return input.node;
    const own = axis! - rank + shapes[i]!.length;
    const isSame = own < 0 || shapes[i]![own] === 1;
    return isSame ? input.node : partOfPosition(request, input.node, { axis: own, at: axis! });
  });
  const known = nodes.filter((one) => one !== undefined);
  if (known.length < nodes.length) return undefined;
  return { node: builder.add(node.op, known, node.attributes), axis };
}

/** As `rowOfPosition`, and also of what was made of fewer numbers for all samples: those of this position are broadcast alone. */
function partOfPosition(
  request: PositionRequest,
  tensor: number,
  place: { readonly axis: number; readonly at: number },
): number | undefined {
  const { builder, nodeOf } = request;
  const { op, shape, inputs } = nodeOf(tensor);
  const [source] = inputs;
  if (op !== 'broadcast' || !isBatched(shape)) return rowOfPosition(request, tensor, place);
  const axis = place.axis - shape.length + builder.shapeOf(source!).length;
  const isSame = axis < 0 || builder.shapeOf(source!)[axis] === 1;
  const part = isSame ? source : rowOfPosition(request, source!, { axis, at: place.axis });
  if (part === undefined) return undefined;
  const one = shape.map((length, i) => (i === place.axis ? 1 : length));
  return builder.add('broadcast', [part], { shape: one });
}

/**
 * Of a tensor that has all positions along an axis, with nothing but ones before it, this position's.
 *
 * @param place `axis` of positions, and where it is to lie: [N, 1, … 1 at `at`, …]
 * @returns undefined if the tensor is not so
 */
export function rowOfPosition(
  { builder, positions, position }: Pick<PositionRequest, 'builder' | 'positions' | 'position'>,
  tensor: number,
  { axis, at }: { readonly axis: number; readonly at: number },
): number | undefined {
  const shape = builder.shapeOf(tensor);
  const isTable = shape[axis] === positions && shape.slice(0, axis).every((length) => length === 1);
  if (!isTable) return undefined;
  const row = shape.slice(axis + 1) as readonly number[];
  const size = row.reduce((a, b) => a * b, 1);
  const table = builder.add('reshape', [tensor], { shape: [positions, size] });
  const taken = builder.add('embedding', [position, table]);
  const ones: Shape = Array.from({ length: at }, () => 1);
  const whole: Shape = ['N', ...ones, ...row];
  return sameShape(builder.shapeOf(taken), whole)
    ? taken
    : builder.add('reshape', [taken], { shape: whole });
}
