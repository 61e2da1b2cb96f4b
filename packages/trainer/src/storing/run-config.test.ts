import { crossEntropy, linear, sgd, traceModel } from '@lockstep/core';
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

describe('validateRunConfig', () => {
  it('gives back what was written as JSON, in the same order, so that two can be compared as text', () => {
    const json = JSON.stringify(config);
    expect(JSON.stringify(validateRunConfig(JSON.parse(json), 'test'))).toBe(json);
    const { graph, ...rest } = JSON.parse(json);
    expect(JSON.stringify(validateRunConfig({ ...rest, graph }, 'test'))).toBe(json);
  });

  it.each([
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
  ])('refuses %s %j by name', (name, value, code) => {
    const attempt = () => validateRunConfig({ ...config, [name]: value }, 'run: a/run.json');
    expect(attempt).toThrow(expect.objectContaining({ code }));
    expect(attempt).toThrow(new RegExp(`^run: a/run.json: .*${name}`));
  });

  it.each([null, 7, 'text', undefined])('refuses %j', (value) => {
    expect(() => validateRunConfig(value, 'test')).toThrow(/expected a run's configuration/);
  });
});
