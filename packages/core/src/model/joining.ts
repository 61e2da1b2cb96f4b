// Functions over tensors that take them apart and put them together along an axis.
import { describeValue, requireInteger, requireNumber } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import { MAX_INPUTS } from '../ops/operator.js';
import {
  type Dim,
  formatShape,
  isBatched,
  MAX_ELEMENTS,
  sameShape,
  sampleShape,
} from '../shape.js';
import { axisOf } from './axes.js';
import { applyOperator, requireTensor, reshape, Tensor } from './tensor.js';

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
  const first = firstOf('concat', tensors);
  const along = axisOf('concat', first, axis);
  if (tensors.length <= MAX_INPUTS) return applyOperator('concat', tensors, { axis: along });
  const groups = Array.from({ length: Math.ceil(tensors.length / MAX_INPUTS) }, (_, i) =>
    concat(tensors.slice(i * MAX_INPUTS, (i + 1) * MAX_INPUTS), along),
  );
  return concat(groups, along);
}

/**
 * Tensors of one shape, one after the other along a new axis: as PyTorch's `stack`, but that the batch axis stays first.
 *
 * @param axis where the new axis is to stand, the last one by default; negative ones count from the end of the result
 */
export function stack(tensors: readonly Tensor[], axis = -1): Tensor {
  const first = firstOf('stack', tensors);
  const odd = tensors.find(({ shape }) => !sameShape(shape, first.shape));
  if (odd) {
    throw new ShapeError(
      `stack: ${formatShape(first.shape)} and ${formatShape(odd.shape)}, expected tensors of one shape`,
    );
  }
  const along = newAxisOf('stack', first, axis);
  return concat(
    tensors.map((tensor) => unsqueeze(tensor, along)),
    along,
  );
}

/**
 * The parts of a tensor along an axis, in order.
 *
 * @param parts how many of equal length, or the length of each; together they are the whole axis
 * @param axis the last one by default; negative ones count from the end
 * @throws ShapeError if the axis cannot be cut so
 */
export function split(x: Tensor, parts: number | readonly number[], axis = -1): Tensor[] {
  requireTensor('split', x);
  const along = axisOf('split', x, axis);
  const length = x.shape[along] as number;
  const sizes =
    typeof parts === 'number'
      ? Array.from({ length: isSize(parts) && parts <= length ? parts : 0 }, () => length / parts)
      : parts;
  if (!Array.isArray(sizes)) {
    throw new ConfigError(
      `split: parts are ${describeValue(parts)}, expected a number of parts or a list of their lengths`,
    );
  }
  const total = sizes.reduce<number>((sum, size) => sum + size, 0);
  if (sizes.length === 0 || !sizes.every(isSize) || total !== length) {
    throw new ShapeError(
      `split: axis ${along} of ${formatShape(x.shape)} cannot be cut into ${typeof parts === 'number' ? `${parts} equal parts` : `[${sizes.join(', ')}]`}`,
    );
  }
  let start = 0;
  return sizes.map((size) => {
    const part = applyOperator('slice', [x], { axis: along, start, length: size });
    start += size;
    return part;
  });
}

/**
 * So many numbers more before and after along an axis: zeros, or `value`.
 *
 * @param before and after: whole numbers of at least 0
 * @param axis the last one by default; negative ones count from the end
 * @throws ConfigError if these are no such numbers; ShapeError if it is the batch axis, or the result is too large
 */
export function pad(x: Tensor, before: number, after: number, axis = -1, value = 0): Tensor {
  requireTensor('pad', x);
  const along = axisOf('pad', x, axis);
  requireInteger('pad', 'before', before, 0, MAX_ELEMENTS);
  requireInteger('pad', 'after', after, 0, MAX_ELEMENTS);
  requireNumber('pad', 'value', value);
  if (Math.fround(value) === 0) return applyOperator('pad', [x], { axis: along, before, after });
  const number = new Tensor(x.builder, x.builder.constant(value));
  const wide = (length: number): Tensor[] => {
    if (length === 0) return [];
    const shape = x.shape.map((dim, i) => (i === along ? length : dim));
    return [applyOperator('broadcast', [number], { shape })];
  };
  return concat([...wide(before), x, ...wide(after)], along);
}

/** With an axis of length 1 more, at `axis` of the result; negative ones count from its end. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  requireTensor('unsqueeze', x);
  const along = newAxisOf('unsqueeze', x, axis);
  return shaped(x, [...x.shape.slice(0, along), 1, ...x.shape.slice(along)]);
}

/**
 * Without an axis of length 1.
 *
 * @param axis negative ones count from the end; left out: all axes of length 1
 * @throws ShapeError if its length is not 1, or it is the batch axis
 */
export function squeeze(x: Tensor, axis?: number): Tensor {
  requireTensor('squeeze', x);
  if (axis === undefined) {
    return shaped(
      x,
      x.shape.filter((dim) => dim !== 1),
    );
  }
  const along = axisOf('squeeze', x, axis);
  if (x.shape[along] !== 1) {
    throw new ShapeError(`squeeze: axis ${along} of ${formatShape(x.shape)} is not of length 1`);
  }
  return shaped(
    x,
    x.shape.filter((_, i) => i !== along),
  );
}

function shaped(x: Tensor, shape: readonly Dim[]): Tensor {
  return reshape(x, sampleShape(shape));
}

function isSize(size: unknown): boolean {
  return Number.isInteger(size) && (size as number) >= 1;
}

function firstOf(op: string, tensors: readonly Tensor[]): Tensor {
  const [first] = Array.isArray(tensors) ? tensors : [];
  if (first === undefined || !tensors.every((tensor) => tensor instanceof Tensor)) {
    throw new ConfigError(`${op}: expected a list of tensors, at least one`);
  }
  return first;
}

/** Where an axis can be put between those that are there. */
function newAxisOf(op: string, { shape }: Tensor, axis: number): number {
  const along = axis < 0 ? axis + shape.length + 1 : axis;
  if (Number.isInteger(along) && along >= (isBatched(shape) ? 1 : 0) && along <= shape.length) {
    return along;
  }
  throw new ShapeError(
    `${op}: axis ${axis} is no place for a new axis of one sample of ${formatShape(shape)}`,
  );
}
