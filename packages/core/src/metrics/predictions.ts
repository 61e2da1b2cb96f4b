// How metrics read output and target: as numbers, or as classes of which each sample has one, or as labels of which each
// applies or not. What the loss applies to the output says what scores mean.
import { ShapeError } from '../errors.js';
import { sigmoid, softmax, step } from '../layers/activations.js';
import type { Loss } from '../losses/loss.js';
import { isPositive } from '../losses/two-classes.js';
import { unsqueeze } from '../model/joining.js';
import { add, max, mul, oneHot, reshape, sub, type Tensor } from '../model/tensor.js';
import { tokenMask } from '../model/token-mask.js';
import { formatShape, product, sameShape } from '../shape.js';
import { IGNORED } from '../tokens.js';
import type { MetricData } from './metric.js';

/**
 * 1 where a sample is said to be of a class, and where it is, else 0; both [N, C]. Of labels by position both are [N, P, C], of
 * all positions in a row, with zeros where a position does not count.
 */
export interface Predictions {
  readonly predicted: Tensor;
  readonly actual: Tensor;
  /** Whether each sample is of one class; else classes are labels, any number of which may apply. */
  readonly isExclusive: boolean;
}

/**
 * Whether labels are by position, [N, …] of scores [N, …, C]: then 1 for each that counts, [N, …], 0 where the label is −100.
 *
 * @returns undefined if samples have a target each
 * @throws ShapeError if the output is no scores of these positions
 */
export function countedPositions(
  name: string,
  output: Tensor,
  target: Tensor,
  { classes }: MetricData,
): Tensor | undefined {
  if (classes === undefined || target.shape.length === 1) return undefined;
  if (!sameShape(output.shape, [...target.shape, classes])) {
    throw new ShapeError(
      `${name}: the output is ${formatShape(output.shape)}, the labels are ${formatShape(target.shape)} of ${classes} classes; expected a score for each class at each position`,
    );
  }
  return tokenMask(target, IGNORED);
}

/** 0, 1, …, length − 1. */
export function places(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** What the network says in the unit of the targets. */
export function predictedValues(output: Tensor, { applies }: MetricData): Tensor {
  if (applies === 'softmax') return softmax(output);
  if (applies === 'sigmoid') return sigmoid(output);
  return applies === 'step' ? step(output) : output;
}

/** How far off the network is: prediction − target, in the unit that the targets had before they were prepared. */
export function differences(output: Tensor, target: Tensor, data: MetricData): Tensor {
  const difference = sub(predictedValues(output, data), target);
  const units = data.targetUnits?.map(Math.fround);
  return units === undefined || units.every((unit) => unit === 1)
    ? difference
    : mul(difference, units);
}

/** The largest of each row as a vector of 0 and 1 [N, …, C]: the first one among equals. */
export function largest(scores: Tensor): Tensor {
  const axes = scores.shape.length - 1;
  const classes = scores.shape[axes] as number;
  const best = max(scores, { axes, keepDims: true });
  const isBest = sub(1, step(sub(best, scores)));
  // What comes first weighs most; all others of the row are at least 1 below.
  const weights = mul(
    isBest,
    places(classes).map((place) => classes - place),
  );
  return step(add(sub(weights, max(weights, { axes, keepDims: true })), 0.5));
}

/** @throws ShapeError unless the targets are numbers in the output's shape */
export function requireNumbers(
  name: string,
  output: Tensor,
  target: Tensor,
  { classes }: MetricData,
): void {
  if (classes !== undefined) {
    throw new ShapeError(
      `${name}: the data has class labels, and this measures numbers; accuracy, f1 and log-loss measure classes`,
    );
  }
  if (sameShape(output.shape, target.shape)) return;
  throw new ShapeError(
    `${name}: the output is ${formatShape(output.shape)}, the targets are ${formatShape(target.shape)}`,
  );
}

/**
 * Class labels [N] against scores [N, C], or of two classes against the logit of the one that is positive [N, 1]; rows of probabilities, where the loss applies a softmax; otherwise targets of 0
 * and 1, a label each, against logits or probabilities. Class labels [N, …] by position against scores [N, …, C].
 *
 * @throws ShapeError if output and target are none of these
 */
export function predictions(
  name: string,
  output: Tensor,
  target: Tensor,
  data: MetricData,
): Predictions {
  const { classes, applies } = data;
  const { shape } = output;
  const counting = countedPositions(name, output, target, data);
  if (counting) {
    requireClasses(name, output, classes!);
    const flat = [product(counting.shape.slice(1) as number[]), classes!];
    const counted = mul(largest(output), unsqueeze(counting, -1));
    return {
      predicted: reshape(counted, flat),
      actual: reshape(oneHot(target, classes!), flat),
      isExclusive: true,
    };
  }
  if (shape.length !== 2) {
    throw new ShapeError(
      `${name}: the output is ${formatShape(shape)}; expected a score for each class, [N, C]`,
    );
  }
  if (speaksForOne(output, data)) {
    return {
      predicted: step(output),
      actual: isPositive(target, data.positive),
      isExclusive: false,
    };
  }
  if (classes !== undefined) {
    requireClasses(name, output, classes);
    return { predicted: largest(output), actual: oneHot(target, classes), isExclusive: true };
  }
  requireNumbers(name, output, target, data);
  if (applies === 'softmax') {
    return { predicted: largest(output), actual: largest(target), isExclusive: true };
  }
  const isLogit = applies === 'sigmoid' || applies === 'step';
  return {
    predicted: step(isLogit ? output : sub(output, 0.5)),
    actual: step(sub(target, 0.5)),
    isExclusive: false,
  };
}

function requireClasses(name: string, { shape }: Tensor, classes: number): void {
  if (shape.at(-1) === classes && classes >= 2) return;
  throw new ShapeError(
    `${name}: the output is ${formatShape(shape)}, the data has ${classes} classes; expected [N, C] with a score for each, and at least two`,
  );
}

/** Whether one output tells two classes apart: it speaks for one of them, and against the other. */
export function speaksForOne({ shape }: Tensor, { classes, applies }: MetricData): boolean {
  return classes === 2 && shape[1] === 1 && (applies === 'sigmoid' || applies === 'step');
}

/** What is wrong with targets that are to be labels or probabilities. */
export const classTargetFault: NonNullable<Loss['targetFault']> = (values, start, end) => {
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    if (!(value >= 0 && value <= 1)) {
      return `target ${i - start} is ${value}, expected 0, 1 or a probability: this measures classes`;
    }
  }
  return undefined;
};
