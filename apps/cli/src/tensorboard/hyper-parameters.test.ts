import { adamw, attachLoss, crossEntropy, models, sgd, traceModel } from '@lockstep/core';
import type { RunRecord } from '@lockstep/trainer';
import { expect, it } from 'vitest';
import { experimentOf, hyperParameters } from './hyper-parameters.js';

const GRAPH = attachLoss(traceModel(models.mlp({ outputs: 3 }), [2]), crossEntropy(), {
  ...{ targetShape: [], classes: 3 },
});
const COMMON = {
  ...{ graph: GRAPH, seed: 7, batchSize: 16, shards: 2, epochs: 3, shuffle: true, dropLast: false },
};
const ORIGIN = {
  ...{
    dataset: 'flowers',
    isNamed: false,
    dataDir: '/secret/place',
    limitTrain: null,
    limitTest: null,
  },
  ...{ model: 'mlp', hidden: [4, 2], activation: 'relu', loss: 'cross-entropy', init: null },
};

function record(parts: { config?: object; origin?: object }): RunRecord {
  return {
    dataset: { name: 'flowers' },
    config: { ...COMMON, optimizer: sgd({ learningRate: 0.1 }), ...parts.config },
    origin: { ...ORIGIN, ...parts.origin },
  } as never;
}

it('are the flags of the run, also those that stood by default', () => {
  expect(hyperParameters(record({}), 'out')).toMatchObject({
    ...{ dataset: 'flowers', model: 'mlp', hidden: '4,2', activation: 'relu' },
    ...{ loss: 'cross-entropy', epochs: 3, batchSize: 16, seed: 7, shards: 2 },
    ...{ shuffle: true, dropLast: false, optimizer: 'sgd', learningRate: 0.1, momentum: 0 },
  });
});

it('leave out what there is none of, and where data lies', () => {
  const names = Object.keys(hyperParameters(record({}), 'out'));
  for (const name of ['dataDir', 'limitTrain', 'init', 'beta1']) expect(names).not.toContain(name);
});

it('say lists and values by name as they are typed', () => {
  const flags = { group: ['*.bias:weight-decay=0', 'a:learning-rate=1'], csv: 'flowers.csv' };
  const stopping = {
    ...{ monitor: null, patience: 2, minDelta: 0, keep: 'best', maxSeconds: null },
    target: [{ metric: 'accuracy', value: 0.9, better: 'larger' }],
  };
  const origin = { hidden: [], flags };
  const config = { optimizer: adamw({}), stopping };
  expect(hyperParameters(record({ config, origin }), 'out')).toMatchObject({
    ...{ hidden: 'none', group: '*.bias:weight-decay=0,a:learning-rate=1', csv: 'flowers.csv' },
    ...{ patience: 2, keep: 'best', targetMetric: 'accuracy=0.9', beta2: 0.999 },
  });
});

it('give the same columns beside each other’s, whatever a run has of them', () => {
  const columns = (optimizer: object): string[] => {
    const hparams = hyperParameters(record({ config: { optimizer } }), 'out');
    return experimentOf(hparams, ['loss/test'], 1)
      .hparamInfos.map(({ name }) => name)
      .sort();
  };
  expect(columns(sgd({ momentum: 0.9 }))).toEqual(columns(adamw({})));
});

it('have the types of their values, and what runs are compared by', () => {
  const experiment = experimentOf({ seed: 1, shuffle: true, momentum: 0.5 }, ['loss/test'], 9);
  expect(experiment.timeCreatedSecs).toBe(9);
  expect(experiment.metricInfos).toEqual([{ tag: 'loss/test', displayName: '' }]);
  const types = Object.fromEntries(experiment.hparamInfos.map(({ name, type }) => [name, type]));
  expect(types).toMatchObject({
    seed: 'number',
    shuffle: 'boolean',
    hidden: 'string',
    beta1: 'number',
  });
  expect(experiment.hparamInfos.filter(({ name }) => name === 'momentum')).toHaveLength(1);
});
