// Training on one thread: classic problems, against a plain loop on the reference executor, and to the bit.
import type { UpdateKernel } from '@lockstep/kernels';
import { describe, expect, test } from 'vitest';
import type { Dataset } from './dataset.js';
import { evaluate } from './evaluate.js';
import { runReference } from './execute/reference.js';
import { type FitOptions, fit } from './fit.js';
import { zeros } from './initializers/initializer.js';
import { relu, step, tanh } from './layers/activations.js';
import { dropout } from './layers/dropout.js';
import { flatten } from './layers/flatten.js';
import { gelu } from './layers/gelu.js';
import { linear } from './layers/linear.js';
import { binaryCrossEntropy } from './losses/binary-cross-entropy.js';
import { crossEntropy } from './losses/cross-entropy.js';
import { meanSquaredError } from './losses/mean-squared-error.js';
import { perceptron } from './losses/perceptron.js';
import { type Model, sequential } from './model/model.js';
import { mul, sum } from './model/tensor.js';
import { attachLoss } from './network/attach-loss.js';
import { toGraph } from './network/to-graph.js';
import { adam } from './optimizers/adam.js';
import { type BuiltInConfig, type OptimizerConfig, optimizerRule } from './optimizers/optimizer.js';
import type { Scalars } from './optimizers/rule.js';
import { sgd } from './optimizers/sgd.js';
import { permutation } from './random/permutation.js';
import { philox4x32, seedWords } from './random/philox.js';
import { STREAM } from './random/streams.js';
import { initialParameters, type Parameters, weightsHash } from './run/parameter-values.js';
import { toyDataset, truthTable } from './testing/toy-data.js';
import { predict } from './trained/predict.js';
import { differentiate, gradientOutput } from './transform/differentiate.js';

const AND = truthTable('and', [0, 0, 0, 1]);
const OR = truthTable('or', [0, 1, 1, 1]);
const XOR = truthTable('xor', [0, 1, 1, 0]);

function valuesOf(parameters: Parameters): number[] {
  return [...parameters.values()].flatMap(({ data }) => Array.from(data));
}

/** A dataset that must be learnt, and a network with some of everything. */
const TOY = toyDataset({ samples: 22, inputShape: [2, 3], classes: 3 });
const TOY_MODEL = sequential(flatten(), linear(6, 5), gelu(), linear(5, 3));

describe('classic problems', () => {
  test('two layers learn XOR', () => {
    const model = sequential(linear(2, 8), tanh(), linear(8, 1));
    const loss = binaryCrossEntropy();
    const { parameters, epochs } = fit({
      model,
      data: XOR,
      loss,
      optimizer: adam({ learningRate: 0.05 }),
      batchSize: 4,
      epochs: 300,
    });
    expect(epochs.at(-1)!.trainLoss).toBeLessThan(0.05);
    expect(evaluate({ model, parameters, data: XOR, loss }).accuracy).toBe(1);
    const outputs = predict({
      model: sequential(model, step()),
      parameters: new Map([...parameters].map(([name, values]) => [`0.${name}`, values])),
      inputs: XOR.inputs,
      inputShape: [2],
    });
    expect([...outputs]).toEqual([0, 1, 1, 0]);
  });

  /** Rosenblatt's rule as he wrote it: w ← w + (t − y) x, sample by sample. */
  function rosenblatt(data: Dataset, epochs: number): number[] {
    const w = [0, 0, 0];
    for (let turn = 0; turn < epochs * 4; turn++) {
      const i = turn % 4;
      const x = [data.inputs[2 * i]!, data.inputs[2 * i + 1]!, 1];
      const y = w[0]! * x[0]! + w[1]! * x[1]! + w[2]! > 0 ? 1 : 0;
      for (const [j, value] of x.entries()) w[j]! += (data.targets[i]! - y) * value;
    }
    return w;
  }

  const neuron = linear(2, 1, { weightInit: zeros(), biasInit: zeros() });

  function learnAsPerceptron(data: Dataset, epochs: number) {
    const optimizer = sgd({ learningRate: 1 });
    const options = { model: neuron, data, loss: perceptron() };
    const { parameters } = fit({ ...options, optimizer, batchSize: 1, epochs, shuffle: false });
    return { parameters, accuracy: evaluate({ ...options, parameters }).accuracy };
  }

  test.each([AND, OR])(
    'a perceptron learns $name, with the weights of Rosenblatt’s rule',
    (data) => {
      const { parameters, accuracy } = learnAsPerceptron(data, 10);
      expect(valuesOf(parameters)).toEqual(rosenblatt(data, 10));
      expect(accuracy).toBe(1);
    },
  );

  test('a perceptron never learns XOR', () => {
    for (const epochs of [10, 50, 51, 52]) {
      const { parameters, accuracy } = learnAsPerceptron(XOR, epochs);
      expect(valuesOf(parameters)).toEqual(rosenblatt(XOR, epochs));
      expect(accuracy).toBeLessThan(1);
    }
  });
});

/** The same training as a plain loop in float64: no plan, no shards, no kernels. */
function plainTraining(options: Omit<FitOptions, 'data'> & { readonly data: Dataset }): {
  weights: number[];
  losses: number[];
} {
  const { data, batchSize = 64, epochs = 1, seed = 0, shuffle = true, dropLast = false } = options;
  const { optimizer } = options;
  const graph = attachLoss(toGraph(options.model, data), options.loss, data);
  const gradientGraph = differentiate(graph);
  const weights = [...initialParameters(graph, seed).values()].map(({ data }) =>
    Float64Array.from(data),
  );
  const rule = optimizerRule(optimizer as BuiltInConfig);
  const slots = weights.map((p) => rule.slots.map(() => new Float64Array(p.length)));
  const inputSize = data.inputs.length / data.samples;
  const scalars = {} as Scalars<UpdateKernel>;
  const losses: number[] = [];
  let stepNumber = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffle
      ? permutation(data.samples, seed, epoch)
      : Uint32Array.from({ length: data.samples }, (_, i) => i);
    let lossSum = 0;
    let counted = 0;
    for (let first = 0; first < data.samples; first += batchSize) {
      const ids = order.slice(first, first + batchSize);
      if (dropLast && ids.length < batchSize) break;
      const rows = ids.length;
      const outputs = runReference(gradientGraph, {
        rows,
        precision: 'f64',
        parameters: weights,
        input: Array.from(ids, (id) =>
          Array.from(data.inputs.slice(id * inputSize, (id + 1) * inputSize)),
        ).flat(),
        target: Array.from(ids, (id) => data.targets[id]!),
        context: { seed, epoch, sampleIds: ids },
      });
      const means = weights.map((_, p) =>
        Float64Array.from(outputs[gradientOutput(p)]!.data, (sum) => sum / rows),
      );
      clip(means, optimizer);
      rule.scalars(stepNumber, optimizer.learningRate, scalars);
      for (const [p, mean] of means.entries()) {
        rule.reference(scalars, weights[p]!, slots[p]!, mean);
      }
      lossSum += outputs['sum.loss']!.data[0]!;
      counted += rows;
      stepNumber++;
    }
    losses.push(lossSum / counted);
  }
  return { weights: weights.flatMap((values) => Array.from(values)), losses };
}

function clip(gradients: readonly Float64Array[], optimizer: OptimizerConfig): void {
  const { clipNorm, clipValue } = optimizer;
  for (const gradient of gradients) {
    for (const [i, value] of gradient.entries()) {
      if (clipValue) gradient[i] = Math.max(-clipValue, Math.min(value, clipValue));
    }
  }
  if (!clipNorm) return;
  const norm = Math.hypot(...gradients.flatMap((gradient) => Array.from(gradient)));
  const factor = Math.min(1, clipNorm / (norm + 1e-6));
  for (const gradient of gradients) {
    for (const [i, value] of gradient.entries()) gradient[i] = value * factor;
  }
}

const DROPOUT_MODEL = sequential(flatten(), linear(6, 8), relu(), dropout(0.3), linear(8, 3));

const SETTINGS: readonly (Omit<Partial<FitOptions>, 'data'> & { readonly what: string })[] = [
  { what: 'batch size 1', batchSize: 1 },
  { what: 'batches of 5, the last one short', batchSize: 5 },
  { what: 'batches of 5, the short one left out', batchSize: 5, dropLast: true },
  { what: 'the whole dataset as one batch', batchSize: 22 },
  { what: 'a batch larger than the dataset', batchSize: 64 },
  { what: 'more shards than samples', batchSize: 5, shards: 16 },
  { what: 'file order', batchSize: 5, shuffle: false },
  { what: 'another seed', batchSize: 5, seed: 2 ** 40 + 3 },
  { what: 'dropout', batchSize: 5, model: DROPOUT_MODEL },
  { what: 'momentum', batchSize: 5, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) },
  { what: 'weight decay', batchSize: 5, optimizer: sgd({ learningRate: 0.1, weightDecay: 0.2 }) },
  { what: 'a clipped norm', batchSize: 5, optimizer: sgd({ learningRate: 0.5, clipNorm: 0.05 }) },
  { what: 'clipped values', batchSize: 5, optimizer: sgd({ learningRate: 0.5, clipValue: 0.01 }) },
  { what: 'a norm below its limit', batchSize: 5, optimizer: sgd({ clipNorm: 100 }) },
  {
    what: 'both',
    batchSize: 5,
    optimizer: sgd({ learningRate: 0.5, clipNorm: 0.05, clipValue: 0.03 }),
  },
  { what: 'mean squared error', batchSize: 5, loss: meanSquaredError() },
];

test.each(SETTINGS)('trains as a plain loop does: $what', ({ what: _, ...settings }) => {
  const options = {
    model: TOY_MODEL,
    data: TOY,
    loss: crossEntropy(),
    optimizer: sgd({ learningRate: 0.1 }),
    epochs: 3,
    ...settings,
  };
  const { parameters, epochs } = fit(options);
  const expected = plainTraining(options);
  // Up to 66 steps in float32, each off by a few roundings (6e-8) of values below 1. Measured: 5e-7.
  for (const [i, value] of valuesOf(parameters).entries()) {
    expect(Math.abs(value - expected.weights[i]!)).toBeLessThan(3e-6);
  }
  for (const [epoch, { trainLoss }] of epochs.entries()) {
    expect(Math.abs(trainLoss - expected.losses[epoch]!)).toBeLessThan(3e-6);
  }
});

describe('the bits', () => {
  const options: FitOptions = {
    model: sequential(flatten(), linear(6, 9), relu(), dropout(0.25), linear(9, 3)),
    data: TOY,
    loss: crossEntropy(),
    optimizer: adam({ learningRate: 0.01 }),
    batchSize: 8,
    shards: 4,
    epochs: 5,
    seed: 42,
  };

  test('are the same each time', () => {
    expect(fit(options)).toEqual(fit(options));
  });

  test('are these: whoever changes them changes every run’s numbers, and says why', async () => {
    expect(await weightsHash(fit(options).parameters)).toBe(
      'db82df251d71f3719515337bb31b2d29008b8d7096ad73e87d7f63c34edc3342',
    );
  });

  test('depend on the seed and on the number of shards', async () => {
    const hashes = await Promise.all(
      [options, { ...options, seed: 43 }, { ...options, shards: 2 }].map((each) =>
        weightsHash(fit(each).parameters),
      ),
    );
    expect(new Set(hashes).size).toBe(3);
  });

  test('do not depend on the type of the data, if the values are the same', () => {
    const bytes = Uint8Array.from({ length: TOY.inputs.length }, (_, i) => (i * 37) % 256);
    const asFloats = { ...TOY, inputs: Float32Array.from(bytes, (byte) => byte / 255) };
    const asBytes = { ...TOY, inputs: bytes, inputDivisor: 255 };
    const { parameters } = fit({ ...options, data: asFloats });
    expect(fit({ ...options, data: asBytes }).parameters).toEqual(parameters);
  });

  test('do not depend on whether floats or bytes are evaluated', () => {
    // Bytes need room that floats to train on do not: here more than the whole memory would have to spare.
    const shape = { inputShape: [4096], classes: 3 };
    const data = toyDataset({ samples: 4, ...shape });
    const many = toyDataset({ samples: 128, ...shape });
    const inputs = Uint8Array.from(many.inputs, (_, i) => (i * 37) % 256);
    const results = [
      { ...many, inputs },
      { ...many, inputs: Float32Array.from(inputs) },
    ].map((test) =>
      fit({ ...options, model: linear(4096, 3), data: { train: data, test }, epochs: 1 }),
    );
    expect(results[1]).toEqual(results[0]);
  });

  test('start from the given parameters, and leave them as they were', () => {
    const { parameters } = fit(options);
    const before = structuredClone(parameters);
    const none = fit({ ...options, parameters, epochs: 0 });
    expect(none.parameters).toEqual(parameters);
    expect(none.epochs).toEqual([]);
    fit({ ...options, parameters, epochs: 1 });
    expect(parameters).toEqual(before);
  });
});

describe('dropout', () => {
  const SAMPLES = 12;
  const WIDTH = 7;
  const ones: Dataset = {
    ...toyDataset({ samples: SAMPLES, inputShape: [WIDTH], targetShape: [1] }),
    inputs: new Float32Array(SAMPLES * WIDTH).fill(1),
  };
  // The loss is linear in w: a step takes the mean over the batch of the dropped-out inputs off it. With the
  // batch size as the learning rate, an epoch takes off their sum: small whole numbers, exact in any order.
  const model: Model = (x, scope) =>
    sum(mul(dropout(0.5)(x, scope), scope.parameter('w', [WIDTH], zeros())));
  const masksOf = (epochs: number, batchSize: number, shards: number, shuffle: boolean): number[] =>
    valuesOf(
      fit({
        model,
        data: ones,
        loss: { name: 'identity', build: (output) => ({ loss: output }) },
        optimizer: sgd({ learningRate: batchSize }),
        seed: 9,
        epochs,
        batchSize,
        shards,
        shuffle,
      }).parameters,
    );

  /** Written out from the documentation: word e mod 4 of block (e div 4, sample, epoch, stream). */
  function expectedMasks(epochs: number): number[] {
    const w = new Array<number>(WIDTH).fill(0);
    const words = new Uint32Array(4);
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let sample = 0; sample < SAMPLES; sample++) {
        for (let e = 0; e < WIDTH; e++) {
          philox4x32([e >> 2, sample, epoch, STREAM.dropout], seedWords(9), words);
          if (words[e % 4]! >= 2 ** 31) w[e]! -= 2;
        }
      }
    }
    return w;
  }

  test.each([
    [1, 1, false],
    [3, 1, true],
    [3, 2, false],
    [4, 4, true],
    [12, 1, false],
    [12, 8, true],
  ])(
    'drops the same elements of a sample in batches of %i and %i shards, shuffled: %s',
    (batchSize, shards, shuffle) => {
      expect(masksOf(1, batchSize, shards, shuffle)).toEqual(expectedMasks(1));
      expect(masksOf(3, batchSize, shards, shuffle)).toEqual(expectedMasks(3));
    },
  );
});
