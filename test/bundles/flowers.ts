// What a page and Node do alike: a table becomes datasets, a network learns from them, and a model's file is asked.
import {
  adam,
  crossEntropy,
  decodeModel,
  dropout,
  encodeModel,
  fit,
  gelu,
  linear,
  sequential,
  type TrainedModel,
  weightsHash,
} from '@lockstep/core';
import { parseTable, prepare, split } from '@lockstep/data';

export interface Learnt {
  readonly hash: string;
  /** The model's file, as base64. */
  readonly file: string;
  readonly loss: number;
  readonly accuracy: number | undefined;
}

export async function learn(csv: string): Promise<Learnt> {
  const { data } = prepare(split(parseTable(csv), { test: 0.2, stratify: 'species' }), {
    target: 'species',
  });
  const { trained } = fit({
    model: sequential(linear(4, 16), gelu(), dropout(0.1), linear(16, 3)),
    data,
    loss: crossEntropy(),
    optimizer: adam({ learningRate: 0.01 }),
    batchSize: 16,
    epochs: 3,
  });
  const { loss, accuracy } = trained.evaluate(data.test);
  const bytes = encodeModel(trained);
  return {
    ...{ hash: await weightsHash(trained.parameters), loss, accuracy },
    file: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')),
  };
}

const FLOWERS = [
  { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 },
  { sepal_length: 6.7, sepal_width: 3, petal_length: 5.2, petal_width: '2.3' },
];

/** What a model says of two flowers: outputs, and names and probabilities of classes. */
export function answers(trained: TrainedModel): object {
  return { outputs: [...trained.predict(FLOWERS)], classes: trained.classify(FLOWERS) };
}

export function load(bytes: Uint8Array): TrainedModel {
  return decodeModel(bytes);
}
