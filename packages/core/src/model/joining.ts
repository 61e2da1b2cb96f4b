// Functions over tensors that take them apart and put them together along an axis.
import { ConfigError, ShapeError } from '../errors.js';
import { formatShape, isBatched } from '../shape.js';
import { add, applyOperator, requireTensor, Tensor } from './tensor.js';

/**
 * Elements [start, end) along an axis.
 *
 * @param start and end: negative ones count from the axis's end
 * @param axis the last one by default; negative ones count from the end
 * @throws ShapeError if that is no part of the axis, or it is the batch axis
 */
export function slice(x: Tensor, start: number, end?: number, axis = -1): Tensor {
  requireTensor('slice', x);
  const along = axisOf('slice', x, axis);
  const length = x.shape[along] as number;
  const place = (at: number): number => (at < 0 ? at + length : at);
  const first = place(start);
  const last = end === undefined ? length : place(end);
  if (![first, last].every(Number.isInteger) || first < 0 || last > length || first >= last) {
    throw new ShapeError(
      `slice: [${start}, ${end ?? length}) is no part of axis ${along} of ${formatShape(x.shape)}`,
    );
  }
  return applyOperator('slice', [x], { axis: along, start: first, length: last - first });
}

/**
 * Tensors one after the other along an axis; all other axes are equal.
 *
 * @param axis the last one by default; negative ones count from the end
 * @throws ShapeError if shapes do not fit, or it is the batch axis
 */
export function concat(tensors: readonly Tensor[], axis = -1): Tensor {
  const [first] = Array.isArray(tensors) ? tensors : [];
  if (first === undefined || !tensors.every((tensor) => tensor instanceof Tensor)) {
    throw new ConfigError('concat: expected a list of tensors, at least one');
  }
  const along = axisOf('concat', first, axis);
  const others = (x: Tensor): string =>
    formatShape(x.shape.map((dim, i) => (i === along ? 0 : dim)));
  const odd = tensors.find((tensor) => others(tensor) !== others(first));
  if (odd) {
    throw new ShapeError(
      `concat: ${formatShape(first.shape)} and ${formatShape(odd.shape)} differ in other axes than ${along}`,
    );
  }
  const lengths = tensors.map(({ shape }) => shape[along] as number);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let before = 0;
  const placed = tensors.map((tensor, i) => {
    const after = total - before - lengths[i]!;
    const attributes = { axis: along, before, after };
    before += lengths[i]!;
    return applyOperator('pad', [tensor], attributes);
  });
  return placed.reduce((sum, tensor) => add(sum, tensor));
}

function axisOf(op: string, { shape }: Tensor, axis: number): number {
  const along = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(along) && along >= (isBatched(shape) ? 1 : 0) && along < shape.length) {
    return along;
  }
  throw new ShapeError(
    `${op}: axis ${axis} is no axis of one sample of ${formatShape(shape)}; samples are computed independently`,
  );
}
