import { resolve } from 'node:path';
import { adam, models, traceModel } from '@lockstep/core';
import { expect, test } from 'vitest';
import type { TrainFlags } from './options.js';
import { originOf } from './origin.js';
import { findContradiction } from './resume.js';

const flags: TrainFlags = {
  dataset: 'mnist',
  offline: false,
  model: 'mlp',
  hidden: [128, 64],
  activation: 'relu',
  loss: 'cross-entropy',
  epochs: 5,
  batchSize: 64,
  optimizer: 'adam',
  learningRate: 0.001,
  seed: 0,
  shuffle: true,
  dropLast: false,
  json: false,
  kernels: 'auto',
  profile: false,
};
const run = {
  out: 'runs/a',
  origin: originOf({ flags, isGiven: () => false, again: () => [] }, []),
  config: {
    graph: traceModel(models.mlp({ hidden: [4], activation: 'relu', outputs: 2 }), [3]),
    optimizer: adam(),
    seed: 0,
    batchSize: 64,
    shards: 4,
    epochs: 5,
    shuffle: true,
    dropLast: false,
  },
};

function contradictionOf(given: Partial<TrainFlags>): string | undefined {
  return findContradiction(
    { flags: { ...flags, ...given }, isGiven: (flag) => flag in given, again: () => [] },
    run,
  );
}

test('flags that were not given never contradict', () => {
  expect(contradictionOf({})).toBeUndefined();
});

test('flags that say what the run is, and flags that say how to compute it, are taken', () => {
  expect(contradictionOf(flags)).toBeUndefined();
  expect(contradictionOf({ shards: 4, out: resolve('runs/a') })).toBeUndefined();
  expect(
    contradictionOf({ threads: 1, json: true, checkpointEvery: 9, dataDir: 'd', offline: true }),
  ).toBeUndefined();
});

test('where data lies now contradicts nothing; what it is, does', () => {
  const source = { source: 'csv', csv: '/a.csv', target: 'b', missing: 'refuse' };
  const ofTable = (given: Record<string, unknown>) =>
    findContradiction(
      {
        flags: { ...flags, missing: 'refuse', ...given } as TrainFlags,
        isGiven: (flag) => flag in given,
        again: () => [],
      },
      { ...run, origin: { ...run.origin, source } },
    );
  expect(ofTable({ csv: '/moved/a.csv' })).toBeUndefined();
  expect(ofTable({ testCsv: '/moved/b.csv', dataDir: '/moved' })).toBeUndefined();
  expect(ofTable({ csv: '/moved/a.csv', target: 'c' })).toContain(
    '--target c contradicts the run, which has b',
  );
});

test.each<[Partial<TrainFlags>, string]>([
  [{ dataset: 'fashion-mnist' }, '--dataset fashion-mnist contradicts the run, which has mnist'],
  [{ limitTrain: 10 }, '--limit-train 10 contradicts the run, which has none'],
  [{ limitTest: 10 }, '--limit-test 10'],
  [{ model: 'net.json' }, '--model'],
  [{ hidden: [128] }, '--hidden 128 contradicts the run, which has 128,64'],
  [{ activation: 'tanh' }, '--activation tanh'],
  [{ loss: 'mse' }, '--loss mse'],
  [{ init: 'w.safetensors' }, '--init'],
  [{ epochs: 9 }, '--epochs 9 contradicts the run, which has 5'],
  [{ batchSize: 32 }, '--batch-size 32'],
  [{ seed: 1 }, '--seed 1'],
  [{ shards: 8 }, '--shards 8'],
  [{ shuffle: false }, '--no-shuffle contradicts the run'],
  [{ dropLast: true }, '--drop-last contradicts the run'],
  [{ optimizer: 'adamw' }, '--optimizer adamw'],
  [{ learningRate: 0.1 }, '--learning-rate 0.1'],
  [{ momentum: 0.9 }, '--momentum 0.9'],
  [{ weightDecay: 0.1 }, '--weight-decay 0.1'],
  [{ out: 'runs/b' }, '--out'],
])('%j is refused', (given, words) => {
  expect(contradictionOf(given)).toContain(words);
});
