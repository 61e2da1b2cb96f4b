// Cross-entropy of logits, against class labels or probabilities; with label smoothing and class weights.
// Invariant: all of it is made of operators that models have, and without options it is the graph that it always was.
import { checkOptions, type OptionNames, requireNumber } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { logSoftmax } from '../layers/activations.js';
import { add, applyOperator, mul, neg, oneHot, sum, Tensor } from '../model/tensor.js';
import { tokenMask } from '../model/token-mask.js';
import { formatShape, sameShape } from '../shape.js';
import { IGNORED } from '../tokens.js';
import { type ClassWeights, checkClassWeights, weightsOfClasses } from './class-weights.js';
import type { Loss, LossTensors, TargetShape } from './loss.js';
import { requireClasses } from './values.js';

const ONE_OUTPUT =
  'For two classes with one output use binaryCrossEntropy(), with targets of 0 and 1';
/** Of a distribution's sum: thirds that were written as 0.333 are meant as thirds. */
const SUM_TOLERANCE = 0.0011;

export interface CrossEntropyOptions {
  /** ε in [0, 1]: the target is (1 − ε) of what it is, and ε / C for each of the C classes. Default 0. */
  readonly labelSmoothing?: number | undefined;
  /** How much each class counts: C numbers, or some by the names of their classes, the others 1. */
  readonly classWeights?: ClassWeights | undefined;
}

const OPTIONS: OptionNames<CrossEntropyOptions> = { labelSmoothing: true, classWeights: true };

/**
 * Softmax cross-entropy from logits [N, C], in nats: against class labels [N], or probabilities [N, C]; or from logits
 * [N, …, C] against a label for each position [N, …], where positions with the label −100 do not count.
 *
 * Per sample: log Σⱼ e^xⱼ − x_label, or −Σⱼ pⱼ log softmax(x)ⱼ. The maximum is subtracted first, so exp
 * cannot overflow. Do not put a softmax before it. With smoothing the target is p' = (1 − ε) p + ε / C, with
 * class weights a sample's loss is −Σⱼ wⱼ p'ⱼ log softmax(x)ⱼ.
 *
 * As PyTorch's CrossEntropyLoss: with class weights and labels, the mean over a batch (and over a dataset that is
 * evaluated) is the sum of the losses divided by the sum of the labels' weights; with probabilities it is divided by
 * the number of samples. Of labels by position the mean is taken over all positions that count, by their labels' weights.
 *
 * @throws ConfigError if an option is out of its range
 * @throws ShapeError when traced, if the output is not [N, …, C] with at least two classes, as many as the data has, or the
 * weights are those of other classes
 * @throws DataError before the first step, if a row of probabilities has a negative one or does not sum to 1
 * Source: Goodfellow, Bengio, Courville, Deep Learning (2016), §6.2.2.3; Szegedy et al., Rethinking the Inception
 * architecture, CVPR 2016, §7.
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss {
  checkOptions('crossEntropy', options, OPTIONS);
  const { labelSmoothing = 0, classWeights } = options;
  requireNumber('crossEntropy', 'labelSmoothing', labelSmoothing, { min: 0, max: 1 });
  checkClassWeights('crossEntropy', classWeights);
  return {
    name: 'cross-entropy',
    targetFault,
    applies: 'softmax',
    build(output, target, data) {
      if (data.classes === undefined) requireDistributions(output, target);
      else requireScores(output, data.classes, data.targetShape);
      const classes = output.shape.at(-1) as number;
      const weights = classWeights && weightsOfClasses(classWeights, classes, data.classNames);
      if (target.shape.length > 1 && data.classes !== undefined) {
        return ofPositions(output, target, labelSmoothing, weights);
      }
      return data.classes === undefined
        ? {
            loss: entropy(output, smoothed(target, classes, labelSmoothing), weights),
            correct: applyOperator('correctArgmax', [output, target]),
          }
        : {
            ...ofLabels(output, target, labelSmoothing, weights),
            correct: applyOperator('correctLabel', [output, target]),
          };
    },
  };
}

/** Against labels [N]. @param weights of the classes */
function ofLabels(
  output: Tensor,
  labels: Tensor,
  smoothing: number,
  weights: readonly number[] | undefined,
): LossTensors {
  const classes = output.shape[1] as number;
  const plain = (): Tensor => applyOperator('crossEntropy', [output, labels]);
  const soft = (): Tensor =>
    entropy(output, smoothed(oneHot(labels, classes), classes, smoothing), weights);
  if (weights === undefined) return { loss: smoothing === 0 ? plain() : soft() };
  const weight = sum(mul(oneHot(labels, classes), weights), { axes: -1 });
  return { loss: smoothing === 0 ? mul(weight, plain()) : soft(), weight };
}

/** Against labels of positions [N, …]. @param weights of the classes */
function ofPositions(
  output: Tensor,
  labels: Tensor,
  smoothing: number,
  weights: readonly number[] | undefined,
): LossTensors {
  const { builder, shape } = output;
  const classes = shape.at(-1) as number;
  const table = (axes: readonly number[]): Tensor =>
    new Tensor(builder, builder.constantTensor(weights!.map(Math.fround), [classes, ...axes]));
  const record = applyOperator(
    'positionCrossEntropy',
    weights ? [output, labels, table([])] : [output, labels],
    smoothing > 0 ? { smoothing } : {},
  );
  const losses = applyOperator('recordOutput', [record], { shape: labels.shape });
  const counted = sum(tokenMask(labels, IGNORED));
  return {
    loss: sum(losses),
    correct: sum(applyOperator('correctLabel', [output, labels])),
    counted,
    weight: weights ? sum(applyOperator('embedding', [labels, table([1])])) : counted,
  };
}

/** −Σⱼ wⱼ pⱼ log softmax(x)ⱼ [N]. */
function entropy(
  output: Tensor,
  probabilities: Tensor,
  weights: readonly number[] | undefined,
): Tensor {
  const terms = mul(logSoftmax(output), probabilities);
  return neg(sum(weights === undefined ? terms : mul(terms, weights), { axes: -1 }));
}

/** (1 − ε) p + ε / C. */
function smoothed(probabilities: Tensor, classes: number, smoothing: number): Tensor {
  if (smoothing === 0) return probabilities;
  return add(mul(probabilities, 1 - smoothing), smoothing / classes);
}

/** @throws ShapeError unless the output is [N, …, classes], with at least two of them, for targets of this shape */
function requireScores(
  { shape }: Tensor,
  classes: NonNullable<TargetShape['classes']>,
  targetShape: readonly number[],
): void {
  requireClasses('cross-entropy', classes);
  const expected = ['N' as const, ...targetShape, classes];
  if (sameShape(shape, expected)) return;
  const advice = classes === 2 && sameShape(shape, ['N', 1]) ? `. ${ONE_OUTPUT}` : '';
  const what =
    targetShape.length > 0
      ? `a label of ${classes} classes at each of ${formatShape(targetShape)} positions`
      : `${classes} classes`;
  throw new ShapeError(
    `cross-entropy: the output is ${formatShape(shape)}, the data has ${what}, so it must be ${formatShape(expected)}${advice}`,
  );
}

/** @throws ShapeError unless both are [N, C], with at least two classes */
function requireDistributions(output: Tensor, target: Tensor): void {
  const { shape } = output;
  if (shape.length !== 2 || !sameShape(shape, target.shape)) {
    throw new ShapeError(
      `cross-entropy: the output is ${formatShape(shape)}, the targets are ${formatShape(target.shape)}; expected a probability for each class, both [N, C], or class labels`,
    );
  }
  if (shape[1] === 1) {
    throw new ShapeError(
      `cross-entropy: the output is [N, 1], and a softmax over one number is always 1: nothing would be learnt. ${ONE_OUTPUT}`,
    );
  }
}

function targetFault(values: Float32Array, start: number, end: number): string | undefined {
  let sum = 0;
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    if (!(value >= 0)) return `target ${i - start} is ${value}, expected a probability`;
    sum += value;
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE
    ? undefined
    : `targets sum to ${Number(sum.toPrecision(6))}, expected probabilities that sum to 1; divide each row by its sum`;
}
