import { adam, crossEntropy, linear, relu, sequential, sgd, tanh } from '@lockstep/core';
import { runConfig } from '@lockstep/core/internal';
import { fromArrays } from '@lockstep/data';
import { expect, it } from 'vitest';
import type { RunRecord } from '../storing/run-folder.js';
import { settingDifferences } from './setting-differences.js';

const data = fromArrays({
  inputs: [
    [0, 1],
    [1, 0],
  ],
  labels: [0, 1],
});
const BASE = {
  ...{ model: sequential(linear(2, 3), relu(), linear(3, 2)), data, loss: crossEntropy() },
  ...{ optimizer: adam(), batchSize: 2, shards: 1, epochs: 3 },
};

function record(
  more: Partial<typeof BASE> & object = {},
  rest: Partial<RunRecord> = {},
): RunRecord {
  return {
    ...{ format: 'lockstep-run/1', run: 'a', created: '', origin: null, engine: 'e' },
    arithmetic: 'lockstep-1',
    dataset: { name: 'data', train: 2, test: 0, sha256: 'abc' },
    config: runConfig({ ...BASE, ...more }, 'test', []),
    ...rest,
  };
}

it.each<[string, RunRecord, [string, unknown, unknown][]]>([
  ['itself, called otherwise and computed elsewhere', record({}, { run: 'b', engine: 'f' }), []],
  ['another seed', record({ seed: 7 } as object), [['seed', 0, 7]]],
  [
    'another optimizer',
    record({ optimizer: sgd({ learningRate: 0.001 }) as never }),
    [
      ['optimizer.kind', 'adam', 'sgd'],
      ['optimizer.beta1', 0.9, null],
      ['optimizer.beta2', 0.999, null],
      ['optimizer.epsilon', 1e-8, null],
      ['optimizer.momentum', null, 0],
      ['optimizer.dampening', null, 0],
      ['optimizer.nesterov', null, false],
    ],
  ],
  [
    'other data and another arithmetic',
    record({}, { arithmetic: 'mine-1', dataset: { name: 'x', train: 2, test: 1, sha256: 'def' } }),
    [
      ['dataset.test', 0, 1],
      ['dataset.sha256', 'abc', 'def'],
      ['arithmetic', 'lockstep-1', 'mine-1'],
    ],
  ],
  [
    'a wider layer',
    record({ model: sequential(linear(2, 4), relu(), linear(4, 2)) }),
    [
      ['network.0.weight', '[3, 2]', '[4, 2]'],
      ['network.0.bias', '[3]', '[4]'],
      ['network.2.weight', '[2, 3]', '[2, 4]'],
    ],
  ],
])('%s', (_, right, expected) => {
  const found = settingDifferences(record(), right);
  expect(found.map(({ name, left, right }) => [name, left, right])).toEqual(expected);
});

const TRAITS = { inputShape: [2], inputDivisor: 1, targetShape: [], classes: 2 };

it.each([
  ['scale', { inputDivisor: 255 }, ['dataset.inputDivisor', 1, 255]],
  ['names', { classNames: ['no', 'yes'] }, ['dataset.classNames', null, '[no, yes]']],
  ['inputs', { inputNames: ['a', 'b'] }, ['dataset.inputNames', null, '[a, b]']],
  ['shape', { inputShape: [1, 2] }, ['dataset.inputShape', '[2]', '[1, 2]']],
  [
    'pictures',
    { pictures: { foreground: 'bright' } },
    ['dataset.pictures.foreground', null, 'bright'],
  ],
])(
  'data of another %s is named first, unless one side did not keep what it means',
  (_, more, [name, left, right]) => {
    const dataset = (traits: object | undefined) =>
      ({ name: 'data', train: 2, test: 0, sha256: 'abc', traits }) as RunRecord['dataset'];
    const own = record({}, { dataset: dataset(TRAITS) });
    const other = record({ seed: 7 } as object, { dataset: dataset({ ...TRAITS, ...more }) });
    const found = settingDifferences(own, other);
    expect(found).toEqual([
      { name, left, right },
      { name: 'seed', left: 0, right: 7 },
    ]);
    const older = record({}, { dataset: dataset(undefined) });
    expect(settingDifferences(older, own)).toEqual([]);
    expect(settingDifferences(own, older)).toEqual([]);
  },
);

it('networks of the same tensors are told apart by the first part that differs', () => {
  const model = sequential(linear(2, 3), tanh(), linear(3, 2));
  const [difference, ...others] = settingDifferences(record(), record({ model }));
  expect(difference!.name).toMatch(/^network\.nodes\[\d+\]$/);
  expect(difference).toMatchObject({
    left: expect.stringContaining('"relu"'),
    right: expect.stringContaining('"tanh"'),
  });
  expect(others).toEqual([]);
});
