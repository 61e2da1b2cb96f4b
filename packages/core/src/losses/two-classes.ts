// Two classes with one output, which speaks for one of them: a label becomes 1 where it is the positive class, 0 where not.
// Which class that is stands in the graph, so that whoever is asked for a class or a metric knows it, too.
import { describeValue, nearestName } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import { mul, oneHot, sum, type Tensor } from '../model/tensor.js';
import { formatShape, sameShape } from '../shape.js';
import type { TargetShape } from './loss.js';
import { requireOneLabel, requireValues } from './values.js';

export interface TargetValues {
  /** In the output's shape. */
  readonly target: Tensor;
  /** Where the data has two classes. */
  readonly positive?: 0 | 1;
}

/** @throws ConfigError unless it can be the name or number of a class */
export function checkPositive(operation: string, positive: unknown): void {
  if (positive === undefined || typeof positive === 'string') return;
  if (Number.isSafeInteger(positive)) return;
  throw new ConfigError(
    `${operation}: positive is ${describeValue(positive)}; expected the name or number of a class`,
  );
}

/**
 * @param target values in the output's shape, or labels of two classes [N] against an output [N, 1]
 * @param positive name or number of a class
 * @throws ShapeError if they are neither; ConfigError if there is no such class
 */
export function targetValues(
  name: string,
  output: Tensor,
  target: Tensor,
  data: TargetShape,
  positive: string | number | undefined,
): TargetValues {
  const { classes, classNames } = data;
  if (classes === undefined) {
    if (positive !== undefined) {
      throw new ConfigError(
        `${name}: positive is ${describeValue(positive)}, and the data has values as targets; it chooses one of two classes`,
      );
    }
    requireValues(name, output, target, data);
    return { target };
  }
  requireOneLabel(name, data);
  if (classes !== 2) {
    throw new ShapeError(
      `${name}: the data has ${classes} classes, this loss tells two apart; use crossEntropy(), or give numbers in [0, 1] as targets`,
    );
  }
  if (!sameShape(output.shape, ['N', 1])) {
    throw new ShapeError(
      `${name}: the output is ${formatShape(output.shape)}, for two classes it must be [N, 1]: one number that speaks for the positive one; for a number of each use crossEntropy()`,
    );
  }
  const place = placeOf(name, positive, classNames);
  return { target: isPositive(target, place), positive: place };
}

/** Of labels [N] in {0, 1}: 1 where it is the positive one, else 0 [N, 1]. */
export function isPositive(labels: Tensor, positive: 0 | 1): Tensor {
  const chosen = mul(oneHot(labels, 2), positive === 1 ? [0, 1] : [1, 0]);
  return sum(chosen, { axes: 1, keepDims: true });
}

function placeOf(
  name: string,
  positive: string | number | undefined,
  classNames: readonly string[] | undefined,
): 0 | 1 {
  if (positive === undefined || positive === 1) return 1;
  if (positive === 0) return 0;
  const place = classNames?.indexOf(String(positive));
  if (place === 0 || place === 1) return place;
  const near = nearestName(String(positive), classNames ?? []);
  throw new ConfigError(
    `${name}: there is no class ${describeValue(positive)}; ${near === undefined ? `the two are ${classNames?.join(' and ') ?? '0 and 1'}` : `did you mean ${JSON.stringify(near)}?`}`,
  );
}
