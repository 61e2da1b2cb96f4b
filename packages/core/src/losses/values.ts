// The checks that several losses share.
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

/** @throws ShapeError if there are not two classes to tell apart */
export function requireClasses(name: string, classes: number): void {
  if (classes >= 2) return;
  throw new ShapeError(
    `${name}: the data has one class, so nothing could be learnt; give classes if others do not occur`,
  );
}

/** @throws ShapeError if there is a class label at each of several positions */
export function requireOneLabel(name: string, { targetShape, classes }: TargetShape): void {
  if (classes === undefined || targetShape.length === 0) return;
  throw new ShapeError(
    `${name}: the data has class labels at ${formatShape(targetShape)} positions of a sample, this loss takes one a sample; use crossEntropy()`,
  );
}
