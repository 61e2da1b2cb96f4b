import {
  dropout,
  leakyRelu,
  linear,
  type Model,
  normalize,
  relu,
  sequential,
  tanh,
  traceModel,
} from '@lockstep/core';
import { expect, test } from 'vitest';
import type { RunOrigin } from './origin.js';
import { networkDifference, networkWords } from './weights-network.js';

const difference = (there: Model, here: Model) =>
  networkDifference(traceModel(there, [2]), traceModel(here, [2]));
const from = (...layers: Model[]) => sequential(...(layers as ReturnType<typeof linear>[]));

test('networks that compute the same have no difference, whatever is done in training alone', () => {
  expect(difference(from(linear(2, 2), relu()), from(linear(2, 2), relu()))).toBeUndefined();
  expect(difference(from(linear(2, 2), dropout(0.5)), from(linear(2, 2)))).toBeUndefined();
  const one = normalize({ mean: 1, std: 2 });
  expect(difference(one, normalize({ mean: 3, std: 4 }))).toBeUndefined();
});

test('layers without tensors are told apart, and so are their numbers', () => {
  expect(difference(from(linear(2, 2), relu()), from(linear(2, 2), tanh()))).toBe(
    'it has relu where this one has tanh',
  );
  expect(difference(from(linear(2, 2), relu()), from(linear(2, 2)))).toBe(
    'it has relu where this one has nothing more',
  );
  expect(difference(leakyRelu(0.1), leakyRelu(0.2))).toMatch(/its leakyRelu is .*0\.1.* here/);
});

test('a run’s network is told by the flags that make it', () => {
  const origin = { model: 'resnet', network: { width: 4, depth: 1 }, flags: { normalize: true } };
  expect(networkWords(origin as unknown as RunOrigin)).toBe(
    '--model resnet --width 4 --depth 1 --normalize',
  );
  const mlp = { model: 'mlp', hidden: [8, 4], activation: 'relu', flags: {} };
  expect(networkWords(mlp as unknown as RunOrigin)).toBe(
    '--model mlp --hidden 8,4 --activation relu',
  );
});
