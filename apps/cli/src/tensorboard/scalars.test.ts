import { warmupSchedule } from '@lockstep/core';
import type { RunRecord } from '@lockstep/trainer';
import { describe, expect, it } from 'vitest';
import { learningRates, metricScalars, tablesOf } from './scalars.js';

type Record = Pick<RunRecord, 'config' | 'dataset'>;

const record = (validation?: number, classNames?: readonly string[]): Record =>
  ({
    config: validation === undefined ? {} : { validation },
    dataset: { traits: classNames && { classNames } },
  }) as never;

const METRICS = {
  loss: 0.5,
  accuracy: null,
  f1: [0.25, null, 1],
  'confusion-matrix': [
    [2, 1],
    [0, 3],
  ],
  'validation.loss': 0.75,
  'size.loss': 0.125,
  mine: { 'at-5': 0.5, all: [[1], [2, 3]] },
};

describe('the numbers of an epoch', () => {
  it('go by what is measured, then by the data', () => {
    const told = { trainLoss: 0.4, metrics: METRICS };
    expect(metricScalars(told, record(0.1, ['setosa', 'versicolor', 'virginica']))).toEqual([
      ['loss/train', 0.4],
      ['loss/test', 0.5],
      ['f1/test/setosa', 0.25],
      ['f1/test/virginica', 1],
      ['loss/validation', 0.75],
      ['size.loss/test', 0.125],
      ['mine/test/at-5', 0.5],
      ['mine/test/all/0/0', 1],
      ['mine/test/all/1/0', 2],
      ['mine/test/all/1/1', 3],
    ]);
  });

  it.each([
    ['without names', undefined],
    ['with names of something else', ['a', 'b']],
    ['with empty names', ['', '', '']],
  ])('are numbered where classes are %s', (_, names) => {
    const told = { trainLoss: 0.4, metrics: { f1: [0.25, 0.5, 1] } };
    expect(
      metricScalars(told, record(undefined, names))
        .slice(1)
        .map(([tag]) => tag),
    ).toEqual([...['f1/test/0', 'f1/test/1', 'f1/test/2']]);
  });

  it('of an output that is called validation are the test data’s, where there are no validation data', () => {
    const told = { trainLoss: 1, metrics: { 'validation.loss': 2 } };
    expect(metricScalars(told, record())[1]).toEqual(['validation.loss/test', 2]);
  });

  it('that are a table are told as one', () => {
    const metrics = { ...METRICS, 'validation.confusion-matrix': [[1]], none: [], empty: [[]] };
    expect(tablesOf(metrics, record(0.5))).toEqual([
      ['confusion-matrix/test', METRICS['confusion-matrix']],
      ['confusion-matrix/validation', [[1]]],
    ]);
  });
});

describe('learning rates', () => {
  it('are those by which the step was taken', () => {
    const optimizer = { learningRate: 1, schedule: warmupSchedule({ steps: 4, startFactor: 0.5 }) };
    const rates = [1, 2, 3, 4, 5].map((step) => learningRates({ optimizer } as never, step));
    expect(rates.map(([base]) => base![1])).toEqual([0.5, 0.625, 0.75, 0.875, 1]);
  });

  it('of groups that have one of their own go by their first parameter', () => {
    const groups = [
      { parameters: ['a', 'b'], frozen: true },
      { parameters: ['c', 'd'], learningRate: 0.5 },
    ];
    expect(learningRates({ optimizer: { learningRate: 1 }, groups } as never, 3)).toEqual([
      ['learning-rate', 1],
      ['learning-rate/c', 0.5],
    ]);
  });
});
