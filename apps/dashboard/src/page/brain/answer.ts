// What a trained model says of one sample, in a form that can be shown: classes with probabilities, values with names, classes
// by position, or several of these by name.
import { type Classification, DataError, type TrainedModel } from '@lockstep/core';
import { product, toSamples } from '@lockstep/core/internal';
import { classifies, valueNames } from './examine.js';
import type { Inputs } from './samples.js';

export interface ClassAnswer {
  readonly kind: 'classes';
  readonly index: number;
  readonly label: string;
  readonly probabilities: readonly number[];
  readonly names: readonly string[];
}

export interface ValueAnswer {
  readonly kind: 'values';
  readonly values: readonly number[];
  readonly names: readonly string[];
}

export type Answer =
  | ClassAnswer
  | ValueAnswer
  | { readonly kind: 'positions'; readonly labels: readonly string[] }
  | {
      readonly kind: 'parts';
      readonly parts: readonly {
        readonly name: string;
        readonly answer: ClassAnswer | ValueAnswer;
      }[];
    };

/** @param inputs of one sample */
export function answerOf(trained: TrainedModel, inputs: Inputs): Answer {
  const { traits, graph, outputShape } = trained;
  const sample = { ...traits, inputs };
  if (graph.heads) return { kind: 'parts', parts: answersByName(trained, sample) };
  const { classes, targetShape } = traits;
  if (classes !== undefined && targetShape.length > 0 && outputShape.length > targetShape.length) {
    const [positions] = trained.classifyPositions(sample) as Classification[][];
    return { kind: 'positions', labels: positions!.map(({ label }) => label) };
  }
  if (classifies(trained)) {
    const [answer] = trained.classify(sample) as Classification[];
    return classAnswer(answer!, traits.classNames);
  }
  return { kind: 'values', values: [...trained.predict(sample)], names: valueNames(trained) };
}

function classAnswer(
  { index, label, probabilities }: Classification,
  classNames: readonly string[] | undefined,
): ClassAnswer {
  const names = classNames ?? probabilities.map((_, i) => String(i));
  return { kind: 'classes', index, label, probabilities, names };
}

function answersByName(trained: TrainedModel, sample: Parameters<TrainedModel['predict']>[0]) {
  const outputs = trained.predictByName(sample);
  const classes = classesByName(trained, sample);
  return Object.entries(outputs).map(([name, values]) => {
    const [answer] = classes[name] ?? [];
    const part = trained.traits.targetParts?.find((one) => one.name === name);
    return { name, answer: answer ? classAnswer(answer, part?.classNames) : plain([...values]) };
  });
}

function plain(values: readonly number[]): ValueAnswer {
  const names = values.map((_, i) => (values.length === 1 ? 'value' : `value ${i + 1}`));
  return { kind: 'values', values, names };
}

/** Empty where none of the outputs tells classes apart. */
function classesByName(
  trained: TrainedModel,
  sample: Parameters<TrainedModel['predict']>[0],
): Record<string, Classification[]> {
  try {
    return trained.classifyByName(sample) as Record<string, Classification[]>;
  } catch {
    return {};
  }
}

/**
 * A row as a person gives it, as the network takes it.
 *
 * @param row named columns, or the numbers of a sample in their order
 * @throws DataError or ConfigError in words if a value is missing or none
 */
export function sampleInputs(
  { traits }: TrainedModel,
  row: Readonly<Record<string, string | number>> | readonly number[],
): Inputs {
  const size = product(traits.inputShape);
  if (Array.isArray(row) && row.length !== size) {
    throw new DataError(`the row: ${row.length} numbers; the model takes ${size}`);
  }
  return toSamples('the row', row as readonly number[], traits).inputs;
}
