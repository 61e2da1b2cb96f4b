// Networks that go on with a sequence without a cache of positions: those that see nothing behind a position, and those that do.
import { expect, test } from 'vitest';
import { fit } from '../fit.js';
import { embedding } from '../layers/embedding.js';
import { linear } from '../layers/linear.js';
import { lstm } from '../layers/lstm.js';
import { multiHeadAttention } from '../layers/multi-head-attention.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { type Layer, type Model, sequential } from '../model/model.js';
import { add, mean, reshape } from '../model/tensor.js';
import { adam } from '../optimizers/adam.js';
import type { TrainedModel } from '../trained/trained-model.js';

const [T, V] = [6, 4];
const SAMPLES = 8;
const tokens = Int32Array.from({ length: SAMPLES * T }, (_, i) => (i * i) % V);

function trained(...layers: readonly (Model | Layer)[]): TrainedModel {
  return fit({
    model: sequential(embedding(V, 4), ...layers, linear(4, V)),
    data: {
      ...{ name: 'walk', samples: SAMPLES, inputs: tokens, inputShape: [T], inputDivisor: 1 },
      ...{ vocabulary: V, targets: tokens, targetShape: [T], classes: V },
    },
    loss: crossEntropy(),
    optimizer: adam(),
    ...{ epochs: 1, batchSize: SAMPLES },
  }).trained;
}

const tell = (model: TrainedModel, prompt: readonly number[]): number[] => [
  ...model.generateTokens({ prompt, length: 3, temperature: 0 }),
];

test.each<[string, Model]>([
  ['attention that is not causal', multiHeadAttention(4, 2)],
  ['a layer that reads backward, too', lstm(4, 2, { bidirectional: true })],
  ['a mean over all positions', (x) => add(x, mean(x, { axes: 1, keepDims: true }))],
])('%s is refused while positions are missing, and not where all are there', (_, layer) => {
  const model = trained(layer);
  expect(() => tell(model, [1, 2])).toThrow('depends on the tokens behind it');
  expect(tell(model, [0, 1, 0, 1, 0, 1])).toHaveLength(3);
});

test('what cannot be computed position by position, and sees nothing behind one, goes on', () => {
  const model = trained((x) => reshape(reshape(x, [2, (T / 2) * 4]), [T, 4]));
  expect(tell(model, [1, 2])).toHaveLength(3);
});
