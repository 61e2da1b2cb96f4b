// Shapes with a symbolic batch axis. A tensor is either batched (its first axis is 'N', the number of
// samples, known only when a shard is computed) or constant. 'N' never stands anywhere but first: each
// sample is computed by itself, which is what lets a batch be cut into shards.
import { describeValue } from '@lockstep/errors';
import { ShapeError } from './errors.js';

/** The length of an axis: a positive integer, or 'N' for the batch. */
export type Dim = number | 'N';
/** Axis lengths, outermost first; [] is a scalar. */
export type Shape = readonly Dim[];

/** Tensors have at most this many axes: [N, C, H, W], with an axis more for what it is cut into along two of them. */
export const MAX_RANK = 6;
/** A tensor has at most this many elements (per sample, if it is batched). */
export const MAX_ELEMENTS = 2 ** 28;

/** A whole number that is linear in the batch size: perRow × N + constant. */
export interface Count {
  readonly perRow: number;
  readonly constant: number;
}

export function isBatched(shape: Shape): boolean {
  return shape[0] === 'N';
}

/** The axes after the batch axis, or all of them for a constant. */
export function sampleShape(shape: Shape): readonly number[] {
  return (isBatched(shape) ? shape.slice(1) : shape) as readonly number[];
}

/** Elements of one sample, or of the whole tensor for a constant. */
export function sampleSize(shape: Shape): number {
  return product(sampleShape(shape));
}

export function product(dims: readonly number[]): number {
  return dims.reduce((size, dim) => size * dim, 1);
}

/** Number of elements as a function of the batch size. */
export function elementCount(shape: Shape): Count {
  const size = sampleSize(shape);
  return isBatched(shape) ? { perRow: size, constant: 0 } : { perRow: 0, constant: size };
}

export function countOf(dim: Dim): Count {
  return dim === 'N' ? { perRow: 1, constant: 0 } : { perRow: 0, constant: dim };
}

/** The shape with the batch size filled in. */
export function concreteShape(shape: Shape, rows: number): number[] {
  return shape.map((dim) => (dim === 'N' ? rows : dim));
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** @throws ShapeError unless the shape is one that the engine can hold */
export function checkShape(shape: Shape, what: string): void {
  if (shape.length > MAX_RANK) {
    throw new ShapeError(
      `${what}: ${formatShape(shape)} has ${shape.length} axes, at most ${MAX_RANK} are supported`,
    );
  }
  for (const [axis, dim] of shape.entries()) {
    if (dim === 'N') {
      if (axis !== 0) {
        throw new ShapeError(
          `${what}: the batch axis must stay first, got ${formatShape(shape)}; samples are computed independently`,
        );
      }
    } else if (!Number.isInteger(dim) || dim < 1) {
      throw new ShapeError(
        `${what}: axis ${axis} of ${formatShape(shape)} is ${describeValue(dim)}, expected a whole number of at least 1`,
      );
    }
  }
  if (sampleSize(shape) > MAX_ELEMENTS) {
    throw new ShapeError(`${what}: ${formatShape(shape)} has more than ${MAX_ELEMENTS} elements`);
  }
}

/** Whether two shapes, aligned at the last axis, differ only where one of them is 1. */
export function broadcasts(a: Shape, b: Shape): boolean {
  return a.every((dim, axis) => {
    const other = b[axis - a.length + b.length] ?? 1;
    return dim === other || dim === 1 || other === 1;
  });
}

/**
 * The shape two operands are broadcast to: aligned at the last axis, an axis of 1 is stretched.
 *
 * @throws ShapeError if an axis differs and neither is 1, or the batch axis would not stay first
 */
export function broadcastShapes(a: Shape, b: Shape, what: string): Shape {
  const rank = Math.max(a.length, b.length);
  const shape: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(
        `${what}: ${formatShape(a)} and ${formatShape(b)} do not broadcast (axis ${axis - rank}: ${left} and ${right})`,
      );
    }
    shape.push(left === 1 ? right : left);
  }
  checkShape(shape, what);
  return shape;
}

/** Row-major strides in elements, 0 along axes that `shape` is broadcast over to become `target`. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const strides: number[] = new Array(target.length).fill(0);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const dim = shape[axis]!;
    if (dim !== 1) strides[axis + target.length - shape.length] = stride;
    if (dim !== 'N') stride *= dim;
  }
  return strides;
}

/** One of each of MAX_RANK axes, outermost first. */
type PerAxis<T> = readonly [T, T, T, T, T, T];

/** Loops over at most MAX_RANK axes with one stride per operand, as the strided kernels take them. */
export interface StridedLoops<Operands extends readonly unknown[]> {
  readonly lengths: PerAxis<Count>;
  /** For each operand, in elements. */
  readonly strides: { readonly [Operand in keyof Operands]: PerAxis<number> };
}

/** Drops axes of length 1 and merges neighbours that every operand walks through without a jump. */
export function collapseLoops<const Operands extends readonly (readonly number[])[]>(
  shape: Shape,
  strides: Operands,
): StridedLoops<Operands> {
  const lengths: Count[] = [];
  const kept: number[][] = strides.map(() => []);
  for (const [axis, dim] of shape.entries()) {
    if (dim === 1) continue;
    const last = lengths.length - 1;
    const merges =
      dim !== 'N' && last >= 0 && strides.every((s, i) => kept[i]![last] === s[axis]! * dim);
    if (merges) {
      const outer = lengths[last]!;
      lengths[last] = { perRow: outer.perRow * dim, constant: outer.constant * dim };
      for (const [i, s] of strides.entries()) kept[i]![last] = s[axis]!;
    } else {
      lengths.push(countOf(dim));
      for (const [i, s] of strides.entries()) kept[i]!.push(s[axis]!);
    }
  }
  while (lengths.length < MAX_RANK) {
    lengths.unshift({ perRow: 0, constant: 1 });
    for (const s of kept) s.unshift(0);
  }
  return { lengths, strides: kept } as unknown as StridedLoops<Operands>;
}
