// Axes as people name them: counted from the front, or from the end with negative numbers.
import { ShapeError } from '../errors.js';
import { formatShape, isBatched } from '../shape.js';
import type { Tensor } from './tensor.js';

/** An axis of one sample, counted from the front. */
export function axisOf(op: string, { shape }: Tensor, axis: number): number {
  const along = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(along) && along >= (isBatched(shape) ? 1 : 0) && along < shape.length) {
    return along;
  }
  throw new ShapeError(
    `${op}: axis ${axis} is no axis of one sample of ${formatShape(shape)}; samples are computed independently`,
  );
}
