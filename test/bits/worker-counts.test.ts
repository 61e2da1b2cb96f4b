// The promise itself: the same weights and the same metrics, bit for bit, for any number of threads, and for
// the one-thread `fit` of the core. Deaths and interruptions are in the files beside this one.
import {
  adam,
  adamw,
  add,
  binaryCrossEntropy,
  crop,
  crossEntropy,
  erase,
  evaluate,
  type FitOptions,
  flatten,
  flip,
  initialParameters,
  linear,
  type Model,
  matmul,
  meanSquaredError,
  mul,
  noise,
  relu,
  rmsprop,
  rotate,
  sequential,
  sgd,
  shift,
  stopGradient,
  tanh,
  traceModel,
} from '@lockstep/core';
import { fromArrays, prepare, split, tableOf } from '@lockstep/data';
import { train } from '@lockstep/trainer';
import { describe, expect, it } from 'vitest';
import { ownOptimizer } from '../golden/own-optimizers.js';
import { some } from '../long.js';
import { digits, droppingNetwork, followToEnd, network, onOneThread } from './runs.js';

/** Most of what a short run takes is to begin threads. */
const THREADS = some(1, [3, 1, 2, 5]);

// 230 = 3·64 + 38 = 2·96 + 38 = 32·7 + 6: the last batch is always short.
const small = await digits(230, 150);
const large = await digits(1300, 150);

const base: FitOptions & { readonly data: typeof small } = {
  model: network,
  data: small,
  loss: crossEntropy(),
  optimizer: adam(),
  epochs: 2,
  seed: 3,
};
const momentum = sgd({ learningRate: 0.05, momentum: 0.9 });

const SCALES = Array.from({ length: 10 }, (_, i) => 1 + i / 8);
const WIDE = SCALES.map((scale) => Array.from({ length: 300 }, (_, i) => (scale * (i % 7)) / 64));

/** Numbers, a category and a text class: prepared tables of what is learnt of each other column. */
const rows = Array.from({ length: 310 }, (_, i) => ({
  ...{ x: ((i * 37) % 101) / 7, z: (i * 53) % 97, place: ['north', 'south', 'east'][i % 3]! },
  kind: (i * 37) % 101 > 60 ? 'spam' : 'ham',
}));
const parts = split(tableOf(rows), { test: 140, seed: 1 });
const kinds = prepare(parts, { target: 'kind' }).data;
const levels = prepare(parts, { inputs: ['x', 'place'], target: 'z' }).data;

/** Its weights are read as they are, transposed, and as a constant. */
const tied: Model = (x, scope) => {
  const encoder = linear(784, 24);
  const square = linear(24, 24);
  const code = relu(encoder(flatten()(x, scope), scope.child('encoder')));
  const twice = square(relu(square(code, scope.child('square'))), scope);
  const back = matmul(add(twice, stopGradient(code)), encoder.parameter('weight', scope));
  return linear(784, 10)(tanh(back), scope.child('head'));
};

/** Learns fast, and goes back on it. */
const WILD = { shards: 8, optimizer: adam({ learningRate: 0.02 }) };

const CASES: [string, Partial<FitOptions>][] = [
  ['batches of 64, shards by default', {}],
  [
    'batches of 96 and 1 shard, SGD with momentum',
    { batchSize: 96, shards: 1, optimizer: momentum },
  ],
  ['batches of 100 and 2 shards', { batchSize: 100, shards: 2 }],
  [
    'batches of 100 and 8 shards, SGD with momentum',
    { batchSize: 100, shards: 8, optimizer: momentum },
  ],
  ['batches of 96 and 16 shards', { batchSize: 96, shards: 16 }],
  [
    'batches of 7 and 16 shards, most of them empty',
    { batchSize: 7, shards: 16, optimizer: momentum },
  ],
  ['batches of 7, shards by default', { batchSize: 7 }],
  ['batches of 1000, shards by default', { batchSize: 1000, data: large }],
  ['a batch larger than the dataset', { batchSize: 1000, shards: 8 }],
  ['AdamW, 8 shards', { shards: 8, optimizer: adamw({ weightDecay: 0.1 }) }],
  ['RMSprop, 8 shards', { shards: 8, optimizer: rmsprop({ momentum: 0.5 }) }],
  ['an optimizer of one’s own', { shards: 8, optimizer: ownOptimizer(adam()) }],
  [
    'an optimizer of one’s own, in groups',
    {
      ...{ shards: 8, optimizer: ownOptimizer(adam()), trainable: (name) => name !== '3.bias' },
      groups: [{ match: '1.bias', learningRateFactor: 2 }],
    },
  ],
  ['gradients clipped by norm', { shards: 8, optimizer: adam({ clipNorm: 0.5 }) }],
  [
    'gradients clipped by value',
    { shards: 8, optimizer: sgd({ learningRate: 0.1, clipValue: 0.01 }) },
  ],
  [
    'label smoothing and class weights',
    { shards: 8, loss: crossEntropy({ labelSmoothing: 0.1, classWeights: SCALES }) },
  ],
  [
    'class weights, gradients clipped by norm, most shards empty',
    {
      ...{ batchSize: 7, shards: 16, optimizer: adam({ clipNorm: 0.5 }) },
      loss: crossEntropy({ classWeights: SCALES }),
    },
  ],
  [
    'groups and frozen biases, whose borders lie within tiles',
    {
      ...{ shards: 8, optimizer: adamw(), trainable: /weight/ },
      groups: [{ match: '1.weight', learningRateFactor: 0.3, weightDecay: 0 }],
    },
  ],
  [
    'a frozen first layer, SGD with momentum, clipped by norm',
    {
      ...{ shards: 8, optimizer: sgd({ momentum: 0.9, clipNorm: 1 }) },
      trainable: (name) => !name.startsWith('1.'),
    },
  ],
  [
    'a table with two text classes, the first of them positive',
    {
      ...{ shards: 8, data: kinds, model: sequential(linear(5, 40), relu(), linear(40, 1)) },
      ...{ loss: binaryCrossEntropy({ positive: 'ham' }), metrics: ['recall', 'log-loss'] },
    },
  ],
  [
    'a table with a number to learn, errors in its unit',
    {
      ...{ shards: 8, data: levels, model: linear(4, 1), loss: meanSquaredError() },
      metrics: ['root-mean-squared-error', 'mean-absolute-error', 'r2'],
    },
  ],
  ['a layer used twice, tied weights, a stopped gradient', { shards: 8, model: tied }],
  ['dropout', { shards: 8, model: droppingNetwork }],
  [
    'augmentation of every kind',
    { shards: 8, augment: [shift(3), crop(2), flip(), rotate(20), erase(), noise(0.02)] },
  ],
  [
    'constants, one of them so wide that it is packed',
    { shards: 8, model: sequential(network, (x) => matmul(mul(x, SCALES), WIDE), linear(300, 10)) },
  ],
  ['dropLast', { shards: 8, dropLast: true }],
  [
    'validation samples split off, an end by patience, and the best epoch kept',
    { ...WILD, epochs: 20, validation: 0.2, patience: 2, keep: 'best' },
  ],
  ['an end at a target', { ...WILD, epochs: 20, target: { accuracy: 0.6 } }],
  ['samples in file order', { shards: 8, shuffle: false }],
];

describe('training on threads gives the bits of one thread', () => {
  it.each(CASES)('%s', async (_, change) => {
    const options = { ...base, ...change };
    const expected = await onOneThread(options);
    const { stopped, bestEpoch } = expected;
    const ended = options.target ? 'target' : options.patience ? 'patience' : 'epochs';
    expect(stopped).toBe(ended);
    expect(expected.epochs.length < options.epochs!).toBe(ended !== 'epochs');
    for (const threads of THREADS) {
      const outcome = await followToEnd(train({ ...options, threads }));
      expect(outcome.weightsHash, `${threads} threads`).toBe(expected.weightsHash);
      expect(outcome.epochs, `${threads} threads`).toMatchObject(expected.epochs);
      expect(outcome.events.at(-1), `${threads} threads`).toMatchObject({ stopped, bestEpoch });
    }
  });

  it('numbers as inputs and targets, a network of odd sizes, no test data', async () => {
    const inputs = Float32Array.from({ length: 101 * 5 }, (_, i) => ((i * 37) % 101) / 50 - 1);
    const targets = Float32Array.from({ length: 101 * 3 }, (_, i) => ((i * 53) % 97) / 97);
    const data = fromArrays({ inputs, inputShape: [5], targets, targetShape: [3] });
    const model = sequential(linear(5, 7), relu(), linear(7, 3));
    const options = { model, loss: meanSquaredError(), optimizer: momentum, epochs: 3, shards: 8 };
    const expected = await onOneThread({ ...options, data });
    for (const threads of THREADS) {
      const outcome = await followToEnd(train({ ...options, data: { train: data }, threads }));
      expect(outcome.weightsHash).toBe(expected.weightsHash);
      expect(outcome.epochs).toMatchObject(expected.epochs);
      expect(outcome.epochs[0]).toMatchObject({ testLoss: null, testAccuracy: null });
    }
  });

  it('a graph from JSON trains as the model that it was traced from', async () => {
    const { inputShape } = base.data.train;
    const json = JSON.parse(JSON.stringify(traceModel(droppingNetwork, inputShape)));
    const expected = await onOneThread({ ...base, model: droppingNetwork });
    const outcome = await followToEnd(train({ ...base, model: json, threads: 2 }));
    expect(outcome.weightsHash).toBe(expected.weightsHash);
  });

  it('no more threads compute than there are shards, under either name of their number, and the others wait', async () => {
    const run = train({ ...base, shards: 2, workers: 5 });
    expect(run.threads).toBe(2);
    expect(run.waiting).toBe(3);
    const expected = await onOneThread({ ...base, shards: 2 });
    expect((await run.result()).weightsHash).toBe(expected.weightsHash);
  });

  it('the training loss of an epoch is the mean over that epoch alone', async () => {
    // Weights that hardly move have the same loss in every epoch; float32 sums in another order differ by
    // some 1e-7 of themselves.
    const data = base.data.train;
    const still = { ...base, optimizer: sgd({ learningRate: 1e-12 }), data };
    const { epochs } = await followToEnd(train({ ...still, epochs: 3, threads: 2 }));
    const { loss } = evaluate({
      ...{ model: network, data, loss: base.loss },
      parameters: initialParameters(traceModel(network, data.inputShape), 3),
    });
    for (const { trainLoss } of epochs) expect(Math.abs(trainLoss / loss - 1)).toBeLessThan(1e-6);
  });

  it('another seed and another number of shards give other bits, so that equal hashes mean something', async () => {
    const hashes = [
      await onOneThread(base),
      await onOneThread({ ...base, seed: 4 }),
      await onOneThread({ ...base, shards: 2 }),
    ].map(({ weightsHash }) => weightsHash);
    expect(new Set(hashes).size).toBe(3);
  });
});
