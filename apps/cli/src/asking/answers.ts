// What a trained model says of samples, in the form in which it is told: a class with its probabilities, or values.
import {
  type Classification,
  ConfigError,
  DataError,
  type Dataset,
  type TrainedModel,
} from '@lockstep/core';

/** Of one sample: a class, a class at each of its positions, or values. */
export interface Answer extends Partial<Classification> {
  readonly positions?: readonly Classification[];
  readonly values?: readonly number[];
}

/** Flat inputs, not divided yet. */
export type Inputs = Dataset['inputs'];

/** Of one sample, how many numbers. */
export function inputSize({ traits }: TrainedModel): number {
  return traits.inputShape.reduce((a, b) => a * b, 1);
}

/**
 * @throws ConfigError if it is a language model, or gives several outputs: an answer here is one class, or the values of one
 *   output
 */
export function checkAnswers({ graph: { heads }, tokenizer }: TrainedModel, command: string): void {
  if (tokenizer) {
    throw new ConfigError(
      `${command}: it is a language model, which goes on from a text: lockstep generate asks it`,
    );
  }
  if (!heads) return;
  throw new ConfigError(
    `${command}: the model gives several outputs (${heads.map(({ name }) => name).join(', ')}), and the command tells of one; in a program predictByName and classifyByName tell of each`,
  );
}

/**
 * @param inputs of whole samples, one after the other
 * @throws DataError if the network gives what is no finite number, which JSON has no words for
 */
export function answersTo(trained: TrainedModel, inputs: Inputs): Answer[] {
  const { inputShape, inputDivisor, inputParts, vocabulary, classes, targetShape } = trained.traits;
  const samples = inputs.length / inputSize(trained);
  const data = { inputs, inputShape, inputDivisor, inputParts, vocabulary, samples };
  if (classes !== undefined && targetShape.length === 0)
    return trained.classify(data).map((one) => ({ ...one }));
  if (classes !== undefined)
    return trained.classifyPositions(data).map((positions) => ({ positions }));
  const outputs = trained.predict(data);
  const size = outputs.length / samples;
  const bad = outputs.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new DataError(
      `predict: of sample ${Math.floor(bad / size)} the network gives ${outputs[bad]}; its inputs are too large for it`,
    );
  }
  return Array.from({ length: samples }, (_, i) => ({
    values: [...outputs.subarray(i * size, (i + 1) * size)],
  }));
}

/** What the values of an answer are called: the columns that were learnt, else `value`, or `value 0`, `value 1`, … */
export function valueNames({ preparation }: TrainedModel, count: number): readonly string[] {
  const columns = preparation?.targets.map(({ column }) => column);
  if (columns?.length === count) return columns;
  return count === 1 ? ['value'] : Array.from({ length: count }, (_, i) => `value ${i}`);
}
