// What a network's outputs say of classes: of a row of scores the probabilities, which class is the most probable, and what
// it is called. What the loss applies to the output says what scores mean.
// Probabilities are computed in float64 with exp of our own, so that they are the same numbers everywhere.
import type { DatasetTraits } from '../dataset-traits.js';
import { ConfigError, DataError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { lossOf } from '../losses/check-targets.js';
import { exp } from '../math/elementary.js';
import { product } from '../shape.js';

/** What a trained model says of one row, or of one position of it. */
export interface Classification {
  /** The class's name; its number in decimal, where the training data had no names. */
  readonly label: string;
  /** The class's number. Of equal probabilities the first one counts. */
  readonly index: number;
  /** Of each class, in order. Plain numbers, so that JSON takes them. */
  readonly probabilities: readonly number[];
}

/**
 * From a row of outputs, which begin at `start`.
 *
 * @throws DataError if they are no finite numbers, of which none would be the largest
 */
export type Classify = (outputs: Float32Array, start: number) => Classification;

/**
 * How outputs become classes.
 *
 * - a softmax over one score for each class, where the loss applies one (cross-entropy)
 * - for two classes with one output: sigmoid of the logit as the probability of the positive class, class 1 unless the loss was
 *   told otherwise (binary cross-entropy), or 0 and 1
 *   (perceptron)
 * - outputs as they are, where the data has classes and the loss compares with one of the values (mse): they are what
 *   the network gives for a class, and no probabilities unless it ends in a softmax
 *
 * @param positions of a row that `outputs` is of one of
 * @throws ConfigError if the network tells no classes apart
 */
export function classesOf(
  graph: Graph,
  traits: DatasetTraits,
  outputs: readonly number[],
  positions = 1,
): Classify {
  if (hasPositions(traits, outputs)) {
    throw new ConfigError(
      'classify: the model tells classes apart at each of several positions; classifyPositions tells of each',
    );
  }
  const applies = lossOf(graph)?.applies;
  const size = product(outputs);
  const toProbabilities = probabilitiesOf(applies, traits.classes, size, graph.positive ?? 1);
  if (!toProbabilities) throw refusal(graph, traits, size);
  const { classNames } = traits;
  return (row, start) => {
    const probabilities = toProbabilities(row, start);
    if (!probabilities.every(Number.isFinite)) throw overflow(row, start, size, positions);
    const index = probabilities.reduce(
      (best, value, i) => (value > probabilities[best]! ? i : best),
      0,
    );
    return { label: classNames?.[index] ?? String(index), index, probabilities };
  };
}

/** Whether classes are told apart at each position: scores [N, …, C] of labels [N, …]. */
function hasPositions(
  { classes, targetShape }: DatasetTraits,
  outputs: readonly number[],
): boolean {
  // A label of a named output lies in its row as one 1 among zeros: then the target has the output's own shape.
  return classes !== undefined && targetShape.length > 0 && outputs.length > targetShape.length;
}

/**
 * As `classesOf`, of a row's scores of each position.
 *
 * @throws ConfigError if the network tells classes apart once a row, or not at all
 */
export function positionClassesOf(
  graph: Graph,
  traits: DatasetTraits,
  outputs: readonly number[],
): (outputs: Float32Array, start: number) => Classification[] {
  if (!hasPositions(traits, outputs)) {
    throw new ConfigError(
      'classifyPositions: the model has no labels by position; classify or predict gives its answers',
    );
  }
  const size = outputs.at(-1)!;
  const positions = product(outputs) / size;
  const classify = classesOf(graph, { ...traits, targetShape: [] }, [size], positions);
  return (row, start) =>
    Array.from({ length: positions }, (_, at) => classify(row, start + at * size));
}

function probabilitiesOf(
  applies: 'softmax' | 'sigmoid' | 'step' | undefined,
  classes: number | undefined,
  size: number,
  positive: 0 | 1,
): ((row: Float32Array, start: number) => number[]) | undefined {
  if (size === 1) {
    const ofTwo = (probability: number): number[] =>
      positive === 1 ? [1 - probability, probability] : [probability, 1 - probability];
    if (applies === 'sigmoid') return (row, start) => ofTwo(sigmoid(row[start]!));
    if (applies === 'step') return (row, start) => ofTwo(stepOf(row[start]!));
    return undefined;
  }
  if (applies === 'softmax') return (row, start) => softmax(row.subarray(start, start + size));
  if (classes !== size) return undefined;
  return (row, start) => Array.from(row.subarray(start, start + size));
}

function sigmoid(logit: number): number {
  return 1 / (1 + exp(-logit));
}

function stepOf(score: number): number {
  if (Number.isNaN(score)) return score;
  return score > 0 ? 1 : 0;
}

function softmax(scores: Float32Array): number[] {
  const most = Math.max(...scores);
  const powers = Array.from(scores, (score) => exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function overflow(
  outputs: Float32Array,
  start: number,
  size: number,
  positions: number,
): DataError {
  const bad = outputs.subarray(start, start + size).find((value) => !Number.isFinite(value));
  return new DataError(
    `classify: of sample ${Math.floor(start / size / positions)} the network gives ${bad}, and so no class: its weights or its inputs are too large. Did its run diverge, or are the inputs not of the scale that it was trained on?`,
  );
}

function refusal(graph: Graph, { classes }: DatasetTraits, size: number): ConfigError {
  const given = 'predict gives its outputs';
  const applies = lossOf(graph)?.applies;
  if (classes !== undefined) {
    return new ConfigError(
      `classify: the model has ${size} output${size === 1 ? '' : 's'} for ${classes} classes, and its loss does not say what they mean; ${given}`,
    );
  }
  if (applies === 'sigmoid' || applies === 'step') {
    return new ConfigError(
      `classify: the model says of ${size} labels whether each applies, not which one does; ${given}, above 0 where a label applies`,
    );
  }
  return new ConfigError(
    `classify: the model was trained to give numbers${graph.loss === undefined ? '' : ` (${graph.loss})`}, not to tell classes apart; ${given}`,
  );
}
