// Small models of every kind, trained in no time, with samples as a server gives them: for tests.
import {
  adam,
  binaryCrossEntropy,
  concat,
  crossEntropy,
  type Dataset,
  type FitOptions,
  fit,
  linear,
  meanSquaredError,
  models,
  namedModel,
  relu,
  type TrainedModel,
} from '@lockstep/core';
import { fromArrays, textDataset } from '@lockstep/data';
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

/** Series of two numbers a step, and one that is forecast. */
export function series(): Toy {
  const samples = 40;
  const [inputs, targets] = [take(samples * 24, 11), take(samples, 13)];
  const data: Dataset = {
    ...{ name: 'series', samples, inputShape: [12, 2], inputs: Float32Array.from(inputs) },
    ...{ inputDivisor: 1, targetShape: [1], targets: Float32Array.from(targets) },
    classes: undefined,
  };
  const model = models.lstm({ features: 2, outputs: 1, size: 6 });
  return trainedOn(data, { model, loss: meanSquaredError() });
}

/** Labels of which several may apply. */
export function labels(): Toy {
  const samples = 40;
  const data: Dataset = {
    ...{ name: 'labels', samples, inputShape: [5], inputs: Float32Array.from(take(200, 17)) },
    ...{ inputDivisor: 1, targetShape: [3], classes: undefined },
    targets: Float32Array.from(take(120, 19), (x) => Math.round(x)),
  };
  return trainedOn(data, { model: linear(5, 3), loss: binaryCrossEntropy() });
}

/** Two inputs and two outputs, by name. */
export function named(): Toy {
  const rows = (width: number, seed: number): number[][] =>
    Array.from({ length: 40 }, (_, i) => take(width, seed + i));
  const data = fromArrays({
    inputs: { first: rows(4, 23), second: rows(3, 67) },
    targets: { age: rows(1, 111) },
    labels: { kind: Array.from({ length: 40 }, (_, i) => i % 2) },
    classNames: { kind: ['cat', 'dog'] },
  });
  const model = namedModel<'first' | 'second'>(({ first, second }, scope) => {
    const both = relu()(concat([linear(4, 5)(first, scope.child('first')), second]), scope);
    return {
      kind: linear(8, 2)(both, scope.child('kind')),
      age: linear(8, 1)(both, scope.child('age')),
    };
  });
  const loss = { kind: crossEntropy(), age: meanSquaredError() };
  const { trained } = fit({ model, data, loss, optimizer: adam(), epochs: 1 });
  return { trained, data };
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
