// The check that losses against numbers share.
import { ShapeError } from '../errors.js';
import type { Tensor } from '../model/tensor.js';
import { formatShape, sameShape } from '../shape.js';
import type { TargetShape } from './loss.js';

/** @throws ShapeError unless the targets are numbers in the output's shape */
export function requireValues(
  name: string,
  output: Tensor,
  target: Tensor,
  data: TargetShape,
): void {
  if (data.classes !== undefined) {
    throw new ShapeError(
      `${name}: the data has class labels, this loss needs numbers in [0, 1]; give them as targets`,
    );
  }
  if (!sameShape(output.shape, target.shape)) {
    throw new ShapeError(
      `${name}: the output is ${formatShape(output.shape)}, the targets are ${formatShape(target.shape)}`,
    );
  }
}
