import { describe, expect, test } from 'vitest';
import type { DatasetInput } from '../dataset.js';
import { evaluate } from '../evaluate.js';
import { type FitOptions, fit } from '../fit.js';
import { linear } from '../layers/linear.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { sgd } from '../optimizers/sgd.js';
import { runConfig } from '../run-options.js';
import { toyDataset } from '../testing/toy-data.js';
import { evaluatedNames, type RunData, toDatasets } from './datasets.js';
import { EVALUATION_ROWS, planRun } from './run-plan.js';

const shape = { inputShape: [4], classes: 3 };
const train = toyDataset({ ...shape, samples: 20 });
const other = (samples: number) => toyDataset({ ...shape, samples, seed: samples });
const RUN = { model: linear(4, 3), loss: crossEntropy(), optimizer: sgd() };

describe('the datasets of a run', () => {
  test('are one, or several by name: the first is learnt from, the others are evaluated in their order', () => {
    expect(toDatasets('fit', train)).toEqual({ train });
    const data = {
      test: other(5),
      train,
      source: 'somewhere',
      notes: ['bytes'],
      validation: other(6),
    };
    const datasets = toDatasets('fit', data);
    expect(Object.keys(datasets)).toEqual(['train', 'test', 'validation']);
    expect(evaluatedNames(datasets)).toEqual(['test', 'validation']);
    expect(toDatasets('fit', { train, test: undefined })).toEqual({ train });
  });

  test('have their chunks numbered through', () => {
    const datasets = { train, test: other(300), validation: other(128), last: other(1) };
    const plan = planRun(runConfig({ ...RUN, data: train }), datasets, [{ first: 0, end: 4 }]);
    expect(EVALUATION_ROWS).toBe(128);
    expect(plan.evaluated).toEqual([
      { name: 'test', samples: 300, firstChunk: 0, endChunk: 3 },
      { name: 'validation', samples: 128, firstChunk: 3, endChunk: 4 },
      { name: 'last', samples: 1, firstChunk: 4, endChunk: 5 },
    ]);
  });

  test('are each told as if they were evaluated alone', () => {
    const data = { train, test: other(300), validation: other(128), last: other(1) };
    const { parameters, metrics } = fit({ ...RUN, data, batchSize: 5 });
    const { model, loss } = RUN;
    for (const name of ['test', 'validation', 'last'] as const) {
      const alone = evaluate({ model, loss, parameters, data: data[name] });
      const prefix = name === 'test' ? '' : `${name}.`;
      expect(metrics[`${prefix}loss`]).toBe(alone.loss);
      expect(metrics[`${prefix}accuracy`]).toBe(alone.accuracy);
    }
    expect(Object.keys(metrics)).toHaveLength(6);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'a name that is none',
      { 'the test': other(3) },
      /"the test" is no name of a dataset; expected/,
    ],
    ['a name with a dot', { 'a.b': other(3) }, /no name of a dataset/],
    ['a name that is long', { ['x'.repeat(33)]: other(3) }, /no name of a dataset/],
    [
      'a name that is for words',
      { source: other(3) },
      /fit: data\.source is .*that name is for words/,
    ],
    ['what is no dataset', { validation: 3 }, /fit: the validation data is no dataset/],
    [
      'another shape',
      { validation: toyDataset({ samples: 3, inputShape: [5], classes: 3 }) },
      /fit: the validation data \("toy"\) has inputs of \[5\], the training data has \[4\]/,
    ],
    [
      'very many',
      Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`set${i}`, train])),
      /data holds 17 datasets, at most 16 are possible/,
    ],
  ])('refuse %s', (_, more, message) => {
    expect(() => toDatasets('fit', { train, ...more } as RunData)).toThrow(message);
  });

  test('stand in data: where they stood before is said', () => {
    const before = { ...RUN, data: train, test: other(5) } as FitOptions;
    expect(() => fit(before)).toThrow(
      'fit: test is no option of its own; give test data beside the training data, as data: { train, test }',
    );
    const none = { test: other(5) } as unknown as DatasetInput;
    expect(() => fit({ ...RUN, data: none })).toThrow('fit: data is no dataset');
  });
});
