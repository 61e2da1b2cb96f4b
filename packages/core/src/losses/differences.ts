// Losses of the differences between output and targets, as mean squared error is one: a term for each value, and their mean.
import { ShapeError } from '../errors.js';
import { abs, minimum } from '../model/selection.js';
import { mean, mul, sub, type Tensor } from '../model/tensor.js';
import type { Loss, TargetShape } from './loss.js';
import { requireValues } from './values.js';

/** @param term of |output − target|, element by element */
export function ofDifferences(name: string, term: (distance: Tensor) => Tensor): Loss {
  return {
    name,
    build(output, target, data) {
      requireNumberTargets(name, data);
      requireValues(name, output, target, data);
      return { loss: mean(term(abs(sub(output, target)))) };
    },
  };
}

/** m (d − m/2) with m = min(d, turn): d²/2 up to `turn`, turn (d − turn/2) beyond. */
export function squareThenStraight(distance: Tensor, turn: number): Tensor {
  const near = minimum(distance, turn);
  return mul(near, sub(distance, mul(near, 0.5)));
}

/** @throws ShapeError if the data has class labels */
function requireNumberTargets(name: string, { classes }: TargetShape): void {
  if (classes === undefined) return;
  throw new ShapeError(
    `${name}: the data has class labels, this loss compares numbers; use crossEntropy(), or give numbers as targets`,
  );
}
