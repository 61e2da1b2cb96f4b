import { cosineSchedule, crossEntropy, linear, sgd, traceModel } from '@lockstep/core';
import { runConfig } from '@lockstep/core/internal';
import { describe, expect, it } from 'vitest';
import { validateRunConfig } from './run-config.js';

const dataset = {
  name: 'points',
  samples: 4,
  inputShape: [2],
  inputs: new Float32Array(8),
  inputDivisor: 1,
  targetShape: [],
  targets: new Int32Array(4),
  classes: 3,
};
const config = runConfig({
  model: linear(2, 3),
  data: dataset,
  loss: crossEntropy(),
  optimizer: sgd({ momentum: 0.9 }),
});

const NO_STOP = {
  ...{ monitor: null, patience: null, minDelta: 0, keep: 'last', target: [], maxSeconds: null },
};

describe('validateRunConfig', () => {
  it('gives back what was written as JSON, in the same order, so that two can be compared as text', () => {
    const json = JSON.stringify(config);
    expect(JSON.stringify(validateRunConfig(JSON.parse(json), 'test'))).toBe(json);
    const { graph, ...rest } = JSON.parse(json);
    expect(JSON.stringify(validateRunConfig({ ...rest, graph }, 'test'))).toBe(json);
  });

  it('gives back a stop rule and a share of validation samples, and leaves out what is not there', () => {
    const ruled = runConfig(
      {
        ...{ model: linear(2, 3), data: dataset, loss: crossEntropy(), optimizer: sgd() },
        ...{ validation: 0.25, patience: 2, keep: 'best', target: { accuracy: 1 } },
      },
      'train',
      ['validation'],
    );
    const json = JSON.stringify(ruled);
    expect(JSON.stringify(validateRunConfig(JSON.parse(json), 'test'))).toBe(json);
    expect(Object.keys(ruled)).toContain('stopping');
    expect(Object.keys(config)).not.toContain('stopping');
  });

  it.each([
    ['validation', 1, 'config'],
    ['stopping', { ...NO_STOP, patience: 0 }, 'config'],
    ['stopping', { ...NO_STOP, keep: 'none' }, 'config'],
    ['stopping', 'patience', 'config'],
    ['seed', -1, 'config'],
    ['seed', 2 ** 53, 'config'],
    ['batchSize', 0, 'config'],
    ['batchSize', '64', 'config'],
    ['shards', 3, 'config'],
    ['shards', 2048, 'config'],
    ['epochs', 1.5, 'config'],
    ['shuffle', 1, 'config'],
    ['dropLast', null, 'config'],
    ['optimizer', { kind: 'magic' }, 'config'],
    ['graph', traceModel(linear(2, 3), [2]).nodes, 'graph'],
    ['graph', undefined, 'graph'],
    ['groups', {}, 'config'],
    ['groups', [{ parameters: ['no-such'], frozen: true }], 'config'],
  ])('refuses %s %j by name', (name, value, code) => {
    const attempt = () => validateRunConfig({ ...config, [name]: value }, 'run: a/run.json');
    expect(attempt).toThrow(expect.objectContaining({ code }));
    expect(attempt).toThrow(new RegExp(`^run: a/run.json: .*${name}`));
  });

  it('keeps groups of parameters, and takes back those of one meaning in one form', () => {
    const groups = [{ parameters: ['bias'], frozen: true }];
    const json = JSON.parse(JSON.stringify({ ...config, groups }));
    expect(validateRunConfig(json, 'test').groups).toEqual(groups);
    expect(validateRunConfig({ ...json, groups: [] }, 'test')).not.toHaveProperty('groups');
  });

  it('refuses a schedule in epochs: what a run keeps is in steps', () => {
    const optimizer = sgd({ schedule: cosineSchedule({ epochs: 2 }) });
    expect(() => validateRunConfig({ ...config, optimizer }, 'run: a/run.json')).toThrow(
      /^run: a\/run.json: .*cosine schedule/,
    );
  });

  it.each([null, 7, 'text', undefined])('refuses %j', (value) => {
    expect(() => validateRunConfig(value, 'test')).toThrow(/expected a run's configuration/);
  });
});
