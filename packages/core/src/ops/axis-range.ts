// The common part of reductions over `count` neighbouring axes from `axis` on, which disappear:
// the tensor is seen as [outer, length, inner].
import { ShapeError } from '../errors.js';
import { type Count, formatShape, product, type Shape, sampleSize } from '../shape.js';

export interface AxisRange {
  readonly outer: Count;
  readonly length: Count;
  readonly inner: number;
}

/** @throws ShapeError if the range is not inside the shape */
export function reducedShape(shape: Shape, axis: number, count: number, what: string): Shape {
  if (!(axis >= 0 && count >= 1 && axis + count <= shape.length)) {
    throw new ShapeError(
      `${what}: axes ${axis} to ${axis + count - 1} are not axes of ${formatShape(shape)}`,
    );
  }
  return [...shape.slice(0, axis), ...shape.slice(axis + count)];
}

export function axisRange(shape: Shape, axis: number, count: number): AxisRange {
  const size = (dims: Shape): Count =>
    dims[0] === 'N'
      ? { perRow: sampleSize(dims), constant: 0 }
      : { perRow: 0, constant: sampleSize(dims) };
  return {
    outer: size(shape.slice(0, axis)),
    length: size(shape.slice(axis, axis + count)),
    inner: sampleSize(shape.slice(axis + count)),
  };
}

/** The same with the batch size filled in, for the reference kernels. */
export function concreteRange(
  shape: readonly number[],
  axis: number,
  count: number,
): { outer: number; length: number; inner: number } {
  return {
    outer: product(shape.slice(0, axis)),
    length: product(shape.slice(axis, axis + count)),
    inner: product(shape.slice(axis + count)),
  };
}

/** `shape` with the reduced axes kept as 1, to broadcast a result back over what was reduced. */
export function keptShape(shape: Shape, axis: number, count: number): Shape {
  return shape.map((dim, i) => (i >= axis && i < axis + count ? 1 : dim));
}
