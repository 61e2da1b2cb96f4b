// The common part of what works on channels, axis 1 of [N, C, …]: the tensor is seen as [rows, channels, inner].
import { ShapeError } from '../errors.js';
import {
  type Count,
  formatShape,
  isBatched,
  product,
  type Shape,
  sameShape,
  sampleSize,
} from '../shape.js';
import type { ReadTensor, RuleBuilder } from './operator.js';

/** @returns how many channels there are. @throws ShapeError unless x is [N, C, …] */
export function requireChannels(what: string, { shape }: ReadTensor): number {
  if (isBatched(shape) && shape.length >= 2) return shape[1] as number;
  throw new ShapeError(`${what}: needs channels, [N, C, …], got ${formatShape(shape)}`);
}

/** @throws ShapeError unless each of the tensors that are there has the shape */
export function requireShapes(
  what: string,
  tensors: readonly (ReadTensor | undefined)[],
  shape: Shape,
): void {
  for (const tensor of tensors) {
    if (!tensor || sameShape(tensor.shape, shape)) continue;
    throw new ShapeError(
      `${what}: expected ${formatShape(shape)} for each channel, got ${formatShape(tensor.shape)}`,
    );
  }
}

/** Rows, channels and inner elements, as the kernels take them. */
export function channelArguments(
  shape: Shape,
): readonly [rows: Count, channels: number, inner: number] {
  return [{ perRow: 1, constant: 0 }, shape[1] as number, sampleSize(shape.slice(2))];
}

/** Row `row` of a matrix. */
export function rowOf(builder: RuleBuilder, x: number, row: number): number {
  const part = builder.add('slice', [x], { axis: 0, start: row, length: 1 });
  return builder.add('reshape', [part], { shape: builder.shapeOf(x).slice(1) });
}

/** Visits every element, with its channel: for reference kernels. */
export function forEachElement(
  shape: readonly number[],
  visit: (index: number, channel: number) => void,
): void {
  const inner = product(shape.slice(2));
  const size = product(shape);
  for (let i = 0; i < size; i++) visit(i, Math.floor(i / inner) % shape[1]!);
}
