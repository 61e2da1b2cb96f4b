import { describe, expect, it } from 'vitest';
import type { Dataset } from './dataset.js';
import { alignDataset, sameLayout } from './dataset-traits.js';
import { fit } from './fit.js';
import { linear } from './layers/linear.js';
import { crossEntropy } from './losses/cross-entropy.js';
import { sgd } from './optimizers/sgd.js';

function species(names: readonly string[], labels: readonly number[], more: object = {}): Dataset {
  return {
    name: 'species',
    samples: labels.length,
    inputShape: [1],
    inputs: Float32Array.from(labels, (label) => names[label]!.length),
    inputDivisor: 1,
    targetShape: [],
    targets: Int32Array.from(labels),
    classes: names.length,
    classNames: names,
    ...more,
  };
}

const THREE = ['oak', 'birch', 'poplar'];
const trained = species(THREE, [0, 1, 2, 0, 1, 2]);
const align = (data: Dataset, expected = trained) =>
  alignDataset('fit', 'the test data', data, expected);

describe('alignDataset', () => {
  it('gives back data of the same classes as it is', () => {
    expect(align(trained)).toBe(trained);
  });

  it('numbers the classes of data that lacks some as they were trained', () => {
    const aligned = align(species(['oak', 'poplar'], [0, 1, 1]));
    expect([...aligned.targets]).toEqual([0, 2, 2]);
    expect([aligned.classes, aligned.classNames]).toEqual([3, THREE]);
  });

  it('numbers classes in another order as they were trained', () => {
    expect([...align(species(['poplar', 'oak', 'birch'], [0, 1, 2])).targets]).toEqual([2, 0, 1]);
  });

  it('refuses other classes by name, however many they are', () => {
    expect(() => align(species(['oak', 'elm', 'poplar'], [0, 1]))).toThrow(
      'fit: the test data ("species") has "elm", which is no class of the training data: "oak", "birch", "poplar"',
    );
    expect(() => align(species([...THREE, 'elm'], [0]))).toThrow('has "elm"');
  });

  it('compares numbers of classes where names are not known', () => {
    const { classNames: _, ...unnamed } = species(['oak', 'poplar'], [0, 1]);
    expect(() => align(unnamed)).toThrow('has 2 classes, the training data has 3');
    expect(() => align({ ...unnamed, classes: 4 })).toThrow(
      /has 4 classes, the training data has 3; the two must be equal$/,
    );
    const given = { ...unnamed, classes: 3 };
    expect(align(given)).toBe(given);
  });

  it('refuses labels for values and values for labels', () => {
    const { classNames: _, ...values } = {
      ...trained,
      targets: new Float32Array(6),
      classes: undefined,
    };
    expect(() => align(values)).toThrow(
      'has numbers as targets, the training data has class labels',
    );
    expect(() => align(trained, values)).toThrow('has class labels, the training data has numbers');
  });

  it.each([{}, 5, 'run', { classes: 3 }, { inputShape: [1] }])(
    'refuses what is no description of data: %j',
    (traits) => {
      expect(() => align(trained, traits as unknown as Dataset)).toThrow(
        'expected what loadRunWeights and loadWeights give as trainedOn',
      );
    },
  );

  describe('names of inputs', () => {
    const named = (...inputNames: string[]): Dataset => ({
      ...trained,
      ...{ inputShape: [2], inputs: new Float32Array(12), inputNames },
    });
    const height = named('height', 'width');

    it('are those of the training data, or nobody knows them', () => {
      const { inputNames: _, ...unnamed } = height;
      for (const data of [named('height', 'width'), named('column 0', 'column 1'), unnamed]) {
        expect(align(data, height)).toBe(data);
        expect(align(height, data)).toBe(height);
      }
    });

    it('in another order are refused, with the order that is meant', () => {
      expect(() => align(named('width', 'height'), height)).toThrow(
        'the test data ("species") has the input "width" where the training data has "height" (input 0 of 2). Give columns: ["height", "width"] when the table is read',
      );
    });

    it('refuse another column at its place', () => {
      expect(() => align(named('height', 'age'), height)).toThrow(
        'has the input "age" where the training data has "width" (input 1 of 2). If the two are the same, rename the column',
      );
    });
  });

  it('refuses samples of another shape with as many numbers', () => {
    const shaped = (inputShape: number[]): Dataset => ({ ...trained, inputShape });
    for (const other of [[56, 14], [784], [28, 28], [2, 14, 28]]) {
      expect(() => align(shaped(other), shaped([1, 14, 56]))).toThrow(
        'the training data has [1, 14, 56]',
      );
    }
    for (const same of [
      [14, 56],
      [14, 56, 1],
      [1, 14, 56],
    ]) {
      expect(() => align(shaped(same), shaped([1, 14, 56]))).not.toThrow();
    }
  });

  it('refuses targets of another shape, and another divisor', () => {
    const values = (targetShape: number[]): Dataset => ({
      ...{ ...trained, targetShape, targets: new Float32Array(6), classes: undefined },
      classNames: undefined,
    });
    expect(() => align(values([6]), values([2, 3]))).toThrow('has targets of [6]');
    expect(() => align({ ...trained, inputDivisor: 255 })).toThrow(
      'divided by 255, those of the training data are divided by 1',
    );
  });
});

it('axes of length 1 say nothing of the order of numbers', () => {
  expect(sameLayout([], [1])).toBe(true);
  expect(sameLayout([3, 1, 2], [1, 3, 2])).toBe(true);
  expect(sameLayout([3, 2], [2, 3])).toBe(false);
});

it('fit evaluates test data that lacks a class by the numbers of the training data', () => {
  const accuracy = (test: Dataset) => {
    const { epochs } = fit({
      ...{ model: linear(1, 3), data: { train: trained, test }, loss: crossEntropy() },
      ...{ optimizer: sgd({ learningRate: 0.2 }), batchSize: 6, epochs: 300 },
    });
    return epochs.at(-1)!.testAccuracy;
  };
  expect(accuracy(species(THREE, [0, 2, 2]))).toBe(1);
  expect(accuracy(species(['oak', 'poplar'], [0, 1, 1]))).toBe(1);
  expect(() => accuracy(species(['oak', 'ash'], [0, 1]))).toThrow('"ash"');
});

describe('prepared data', () => {
  const age = { kind: 'standardise', column: 'age', mean: 40, deviation: 2 } as const;
  const price = { kind: 'standardise', column: 'price', mean: 9, deviation: 3 } as const;
  const prepared = (mean: number, targets: NonNullable<Dataset['preparation']>['targets']) => ({
    preparation: { inputs: [{ ...age, mean }], targets },
  });
  const classes = (...classNames: string[]) =>
    [{ kind: 'class', column: 'tree', classNames }] as const;
  const before = species(THREE, [0, 1, 2], prepared(40, classes(...THREE)));

  it('is aligned where its inputs were prepared alike; its classes are found by name', () => {
    const other = species(['poplar', 'oak'], [0, 1], prepared(40, classes('poplar', 'oak')));
    const aligned = align(other, before);
    expect([...aligned.targets]).toEqual([2, 0]);
    expect(aligned.preparation).toBe(before.preparation);
    expect(align(species(THREE, [1]), before).preparation).toBe(before.preparation);
  });

  it('is refused where inputs or targets were prepared otherwise', () => {
    const other = species(THREE, [0], prepared(41, classes(...THREE)));
    expect(() => align(other, before)).toThrow(
      'has inputs that were prepared otherwise than those of the training data',
    );
    const values = { targetShape: [1], classes: undefined, classNames: undefined };
    const numbers = (mean: number): Dataset => ({
      ...species(THREE, [0], prepared(40, [{ ...price, mean }])),
      ...{ ...values, targets: Float32Array.of(1) },
    });
    expect(align(numbers(9), numbers(9))).toBeDefined();
    expect(() => align(numbers(8), numbers(9))).toThrow('has targets that were prepared otherwise');
  });
});
