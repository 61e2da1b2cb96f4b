// Runs of every kind for tests of the page, trained in a second or two each.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  adam,
  crossEntropy,
  type Dataset,
  encodeModel,
  fit,
  meanSquaredError,
  models,
} from '@lockstep/core';
import { firstSamples, loadMnist, parseTable, prepare, split, textDataset } from '@lockstep/data';
import type { ServedRun } from './model-server.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const IRIS = readFileSync(join(HERE, '../../examples/data/iris.csv'), 'utf8');

async function mnist(samples: number): Promise<{ train: Dataset; test: Dataset }> {
  const { train, test } = await loadMnist({ name: 'mnist', offline: true });
  return { train: firstSamples(train, samples), test: firstSamples(test, 2000) };
}

/** A perceptron on 6,000 digits. @param epochs of training: 0 leaves it as it was drawn */
export async function digits(epochs = 4): Promise<ServedRun> {
  const { train, test } = await mnist(6000);
  const { trained } = fit({
    ...{ model: models.mlp({ outputs: 10, hidden: [64] }), data: train, loss: crossEntropy() },
    ...{ optimizer: adam({ learningRate: epochs === 0 ? 0 : 0.002 }), batchSize: 64 },
    epochs: Math.max(1, epochs),
  });
  // What gradients are is nothing to this page: they have the parameters' names and shapes.
  return { id: 'digits', trained, data: test, gradients: encodeModel(trained), isLive: true };
}

export async function convolutions(): Promise<ServedRun> {
  const { train, test } = await mnist(1500);
  const { trained } = fit({
    ...{ model: models.lenet({ outputs: 10 }), data: train, loss: crossEntropy() },
    ...{ optimizer: adam(), epochs: 2, batchSize: 32 },
  });
  return { id: 'lenet', trained, data: firstSamples(test, 500) };
}

/** Flowers by named columns: their class, or one of their measures. */
export function flowers(target: 'species' | 'petal_width'): ServedRun {
  const { data } = prepare(split(parseTable(IRIS), { test: 0.3, seed: 1 }), { target });
  const isClass = target === 'species';
  const { trained } = fit({
    ...{ model: models.mlp({ outputs: isClass ? 3 : 1, hidden: [16] }), data, epochs: 60 },
    ...{
      loss: isClass ? crossEntropy() : meanSquaredError(),
      optimizer: adam({ learningRate: 0.01 }),
    },
  });
  return { id: target.replace('_', '-'), trained, data: data.test };
}

export function language(): ServedRun {
  const text = 'the cat sat on the mat. the dog sat on the log.\n'.repeat(40);
  const { data } = textDataset(text, { context: 24, test: 0.1 });
  const vocabulary = data.train.vocabulary!;
  const { trained } = fit({
    model: models.gpt({ vocabulary, context: 24, size: 32, layers: 2, heads: 2 }),
    ...{ data, loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 6 },
  });
  return { id: 'text', trained, data: data.test };
}
