// Small models of every kind, trained in no time, with samples as a server gives them: for tests.
import {
  adam,
  binaryCrossEntropy,
  crossEntropy,
  type Dataset,
  type FitOptions,
  fit,
  meanSquaredError,
  models,
  type TrainedModel,
} from '@lockstep/core';
import { textDataset } from '@lockstep/data';
import { encodeSafetensors, type StoredTensor } from '@lockstep/formats';

/** Numbers in [0, 1) that look random. */
export function* numbers(seed: number): Generator<number, never, undefined> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

function take(count: number, seed: number): number[] {
  const source = numbers(seed);
  return Array.from({ length: count }, () => source.next().value);
}

function trainedOn(data: Dataset, rest: Pick<FitOptions, 'model' | 'loss'>): Toy {
  const { trained } = fit({
    ...{ data, ...rest, optimizer: adam({ learningRate: 0.02 }), epochs: 4, batchSize: 32 },
  });
  return { trained, data };
}

export interface Toy {
  readonly trained: TrainedModel;
  readonly data: Dataset;
}

/** Pictures whose brighter half says their class. */
function halves(inputShape: readonly number[], samples = 160): Dataset {
  const size = inputShape.reduce((all, length) => all * length, 1);
  const noise = take(samples * size, 3);
  const targets = Int32Array.from({ length: samples }, (_, i) => i % 3);
  const inputs = Uint8Array.from(noise, (x, i) => {
    const third = Math.floor((3 * (i % size)) / size);
    return x * (third === targets[Math.floor(i / size)] ? 255 : 90);
  });
  return {
    ...{ name: 'halves', samples, inputShape, inputs, inputDivisor: 255 },
    ...{ targetShape: [], targets, classes: 3, classNames: ['top', 'middle', 'bottom'] },
  };
}

export const perceptron = (): Toy =>
  trainedOn(halves([1, 9, 9]), {
    model: models.mlp({ outputs: 3, hidden: [12, 8] }),
    loss: crossEntropy(),
  });

export const convolutions = (shape: readonly number[] = [1, 16, 16]): Toy =>
  trainedOn(halves(shape, 48), { model: models.lenet({ outputs: 3 }), loss: crossEntropy() });

const TABLE = {
  inputs: [
    { kind: 'standardise', column: 'area', mean: 100, deviation: 20 },
    { kind: 'one-hot', column: 'district', categories: ['north', 'south'], unknown: 'refuse' },
  ],
  targets: [{ kind: 'standardise', column: 'price', mean: 500, deviation: 50 }],
} as const;

/** Prices of houses, by named columns. */
export function prices(): Toy {
  const samples = 90;
  const areas = take(samples, 5).map((x) => 4 * x - 2);
  const inputs = Float32Array.from(areas.flatMap((x, i) => [x, i % 2, 1 - (i % 2)]));
  const targets = Float32Array.from(areas, (x, i) => 0.8 * x + 0.5 * (i % 2));
  const data: Dataset = {
    ...{ name: 'houses', samples, inputShape: [3], inputs, inputDivisor: 1, classes: undefined },
    ...{ targetShape: [1], targets, preparation: TABLE },
    inputNames: ['area', 'district=north', 'district=south'],
  };
  return trainedOn(data, {
    model: models.mlp({ outputs: 1, hidden: [8] }),
    loss: meanSquaredError(),
  });
}

/** Two classes, told apart by one number. */
export function binary(): Toy {
  const samples = 64;
  const inputs = Float32Array.from(take(2 * samples, 7), (x) => 2 * x - 1);
  const targets = Float32Array.from({ length: samples }, (_, i) =>
    Number(inputs[2 * i]! > inputs[2 * i + 1]!),
  );
  const data: Dataset = {
    ...{ name: 'larger', samples, inputShape: [2], inputs, inputDivisor: 1, classes: undefined },
    ...{ targetShape: [1], targets },
  };
  return trainedOn(data, {
    model: models.mlp({ outputs: 1, hidden: [6] }),
    loss: binaryCrossEntropy(),
  });
}

/** A text that repeats itself. */
export function language(): Toy {
  const {
    data: { train },
  } = textDataset('the cat sat on the mat. '.repeat(60), { context: 16 });
  const vocabulary = train.vocabulary!;
  return trainedOn(train, {
    model: models.gpt({ vocabulary, context: 16, size: 16, layers: 1, heads: 2 }),
    loss: crossEntropy(),
  });
}

/** The samples of a dataset from one on, as a server gives them. */
export function piece(data: Dataset, first = 0, count = data.samples): Uint8Array {
  const rows = (values: Dataset['inputs'] | Dataset['targets'], shape: readonly number[]) => {
    const size = shape.reduce((all, length) => all * length, 1);
    const part = values.subarray(first * size, Math.min(data.samples, first + count) * size);
    const dtype = part instanceof Uint8Array ? 'U8' : part instanceof Int32Array ? 'I32' : 'F32';
    return { dtype, shape: [part.length / size, ...shape], data: part } as StoredTensor;
  };
  const chunks = encodeSafetensors(
    new Map([
      ['inputs', rows(data.inputs, data.inputShape)],
      ['targets', rows(data.targets, data.targetShape)],
    ]),
  );
  return new Uint8Array(Buffer.concat(chunks));
}
