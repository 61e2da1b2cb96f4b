// Loops shared by the reference kernels: plain, slow and obvious.
import { product } from '../shape.js';

/** Visits every element of `shape` in row-major order, with each operand's position by its strides. */
export function forEachIndex(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (index: number, positions: readonly number[]) => void,
): void {
  const size = product(shape);
  const position = new Array<number>(strides.length).fill(0);
  for (let index = 0; index < size; index++) {
    position.fill(0);
    let rest = index;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const along = rest % shape[axis]!;
      rest = (rest - along) / shape[axis]!;
      for (const [operand, stride] of strides.entries()) {
        position[operand] = position[operand]! + along * stride[axis]!;
      }
    }
    visit(index, position);
  }
}

/** Visits every row of a tensor whose last axis is the row. */
export function forEachRow(
  shape: readonly number[],
  visit: (start: number, length: number) => void,
): void {
  const length = shape.at(-1) ?? 1;
  const size = product(shape);
  for (let start = 0; start < size; start += length) visit(start, length);
}

/** Index of the first maximum of a row. */
export function argmax(data: ArrayLike<number>, start: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) if (data[start + i]! > data[start + best]!) best = i;
  return best;
}
