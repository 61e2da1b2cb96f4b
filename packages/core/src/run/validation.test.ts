import { describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.js';
import { traitsOf } from '../dataset-traits.js';
import { splitOff, withValidation } from './validation.js';

/** Sample i has the input i. */
function labelled(labels: readonly number[]): Dataset {
  return {
    name: 'labels',
    samples: labels.length,
    inputShape: [1],
    inputs: Float32Array.from(labels.keys()),
    inputDivisor: 1,
    targetShape: [],
    targets: Int32Array.from(labels),
    classes: 3,
  };
}

const LABELS = Array.from({ length: 100 }, (_, i) => (i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2));
const DATA = labelled(LABELS);

function count(data: Dataset, label: number): number {
  return data.targets.filter((one) => one === label).length;
}

describe('a share that is split off', () => {
  it('has of each class its share, and no sample is lost or taken twice', () => {
    const { train, validation } = splitOff('fit', DATA, 0.2, 1);
    expect([train.samples, validation.samples]).toEqual([80, 20]);
    expect([0, 1, 2].map((label) => count(validation, label))).toEqual([14, 4, 2]);
    expect([...train.inputs, ...validation.inputs].sort((a, b) => a - b)).toEqual([...DATA.inputs]);
    for (const part of [train, validation]) {
      expect([...part.targets]).toEqual([...part.inputs].map((i) => LABELS[i]));
      expect([...part.inputs]).toEqual([...part.inputs].sort((a, b) => a - b));
    }
  });

  it('has as many samples as it should where classes cannot be cut evenly', () => {
    const { validation } = splitOff('fit', labelled([0, 0, 0, 1, 1, 1, 2, 2, 2, 2]), 0.25, 3);
    expect(validation.samples).toBe(3);
    expect([0, 1, 2].map((label) => count(validation, label))).toEqual([1, 1, 1]);
  });

  it('depends on the seed alone', () => {
    const cut = (seed: number) => [...splitOff('fit', DATA, 0.3, seed).validation.inputs];
    expect(cut(1)).toEqual(cut(1));
    expect(cut(1)).not.toEqual(cut(2));
  });

  it('of values is taken at random, and keeps the kind of memory', () => {
    const values: Dataset = {
      ...DATA,
      inputs: new Uint8Array(new SharedArrayBuffer(100)).map((_, i) => i),
      targetShape: [2],
      targets: Float32Array.from({ length: 200 }, (_, i) => i),
      classes: undefined,
    };
    const shared = { ...values, inputs: new Uint8Array(new SharedArrayBuffer(100)) };
    expect(splitOff('fit', shared, 0.5, 0).train.inputs.buffer).toBeInstanceOf(SharedArrayBuffer);
    const { validation } = splitOff('fit', values, 0.1, 0);
    expect([...validation.targets]).toEqual(
      [...validation.inputs].flatMap((i) => [2 * i, 2 * i + 1]),
    );
  });

  it('that leaves a part empty, or is none, is refused', () => {
    for (const share of [0.001, 0.999]) {
      expect(() => splitOff('fit', DATA, share, 0)).toThrow(
        /fit: validation .* of 100 samples leaves/,
      );
    }
    for (const share of [0, 1, -1, 20, Number.NaN, 'x' as never, null as never]) {
      expect(() => withValidation('fit', DATA, share, 0)).toThrow(
        /fit: validation is .*such as 0\.1/,
      );
    }
  });
});

it('stands beside the data that is there', () => {
  const own = withValidation('fit', { train: DATA, test: DATA }, labelled([0, 1, 2]), 0);
  expect(Object.keys(own)).toEqual(['train', 'test', 'validation']);
  expect(own.validation!.samples).toBe(3);
  expect(Object.keys(withValidation('fit', { train: DATA, test: DATA }, 0.1, 0))).toEqual([
    ...['train', 'validation', 'test'],
  ]);
  expect(() => withValidation('fit', { train: DATA, validation: DATA }, 0.1, 0)).toThrow(
    /there is validation data in data already/,
  );
  const began = traitsOf(DATA);
  expect(() => withValidation('resume', { train: DATA, validation: DATA }, 0.1, 0, began)).toThrow(
    /^resume: data\.validation is given, and this run takes 0\.1 of its training samples.*leave it out/,
  );
});
