// Training that cannot begin or go on: the error's class, the step and the parameter that it names.
import { describe, expect, test } from 'vitest';
import type { Dataset } from './dataset.js';
import { ConfigError, DataError, NonFiniteError, ShapeError } from './errors.js';
import { type FitOptions, fit } from './fit.js';
import { flatten } from './layers/flatten.js';
import { gelu } from './layers/gelu.js';
import { linear } from './layers/linear.js';
import { binaryCrossEntropy } from './losses/binary-cross-entropy.js';
import { meanSquaredError } from './losses/mean-squared-error.js';
import { sequential } from './model/model.js';
import { mul, sum, type Tensor } from './model/tensor.js';
import { adam } from './optimizers/adam.js';
import { sgd } from './optimizers/sgd.js';
import { toyDataset } from './testing/toy-data.js';

/** A dataset that must be learnt, and a network with some of everything. */
const TOY = toyDataset({ samples: 22, inputShape: [2, 3], classes: 3 });
const TOY_MODEL = sequential(flatten(), linear(6, 5), gelu(), linear(5, 3));

describe('a run that goes wrong', () => {
  const options: FitOptions = {
    model: TOY_MODEL,
    data: TOY,
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    batchSize: 10,
    shuffle: false,
  };

  function failure(changes: Partial<FitOptions>): NonFiniteError {
    try {
      fit({ ...options, ...changes });
    } catch (error) {
      expect(error).toBeInstanceOf(NonFiniteError);
      return error as NonFiniteError;
    }
    throw new Error('the run did not stop');
  }

  test('stops at the step where a huge learning rate makes something infinite, and says what', () => {
    const error = failure({ optimizer: sgd({ learningRate: 1e30 }), epochs: 10 });
    expect(error.step).toBeGreaterThan(0);
    expect(error.message).toMatch(
      new RegExp(`^train: step ${error.step}: .*(gradient|new value) of "[13].(weight|bias)"`),
    );
    expect(error.message).toMatch(/smaller learning rate/);
  });

  test('stops at the first step if its new values are infinite', () => {
    const error = failure({
      optimizer: sgd({ learningRate: 3e38 }),
      loss: { name: 'steep', build: (y) => ({ loss: sum(mul(y, 100)) }) },
    });
    expect(error.step).toBe(0);
    expect(error.message).toMatch(/step 0: the new value of "1\.weight" is not finite/);
  });

  test('stops at the first step if the optimizer cannot hold a square', () => {
    const loss = { name: 'steep', build: (y: Tensor) => ({ loss: sum(mul(y, 1e25)) }) };
    expect(failure({ optimizer: adam(), loss }).message).toMatch(
      /step 0: the optimizer's exp_avg_sq of "1\.weight" is not finite/,
    );
  });

  test('stops at the step that meets an input too large to multiply', () => {
    const inputs = Float32Array.from(TOY.inputs);
    inputs[6 * 13] = 3.4e38;
    const error = failure({ data: { ...TOY, inputs } });
    expect(error.step).toBe(1);
    expect(error.message).toMatch(
      /step 1: loss is (NaN|Infinity), the gradient of "[13]\.weight" is not finite/,
    );
  });

  test('stops for an infinite loss too', () => {
    const targets = new Float32Array(22 * 3).fill(1);
    targets[3 * 21] = 3e38;
    const data = { ...TOY, targets, targetShape: [3], classes: undefined };
    expect(failure({ data }).message).toMatch(/step 2: loss is Infinity/);
  });

  test('refuses, before any work, what does not fit together', () => {
    const refused = (changes: Partial<FitOptions>) => () => fit({ ...options, ...changes });
    expect(refused({ batchSize: 0 })).toThrow(ConfigError);
    expect(refused({ batchSize: 2.5 })).toThrow(ConfigError);
    expect(refused({ epochs: -1 })).toThrow(ConfigError);
    expect(refused({ seed: 0.5 })).toThrow(ConfigError);
    expect(refused({ shards: 3 })).toThrow(ConfigError);
    expect(refused({ batchSize: 23, dropLast: true })).toThrow(/leaves out the only batch/);
    expect(
      refused({ model: flatten(), loss: { name: 'own', build: (y) => ({ loss: sum(y) }) } }),
    ).toThrow(/no parameters/);
    expect(
      refused({
        data: { ...TOY, samples: 0, inputs: new Float32Array(0), targets: new Int32Array(0) },
      }),
    ).toThrow(/no samples/);
    expect(
      refused({
        data: { train: TOY, test: toyDataset({ samples: 3, inputShape: [5], classes: 3 }) },
      }),
    ).toThrow(ShapeError);
    expect(refused({ loss: binaryCrossEntropy() })).toThrow(/the data has 3 classes/);
    expect(refused({ parameters: new Map() })).toThrow(/"1.weight" is missing/);
  });

  test('refuses data that is not what it says', () => {
    const refused = (changes: Partial<Dataset>) => () =>
      fit({ ...options, data: { ...TOY, ...changes } });
    expect(refused({ inputs: TOY.inputs.slice(1) })).toThrow(/131 input values, expected 132/);
    expect(refused({ targets: new Int32Array(21) })).toThrow(/21 labels, expected 22/);
    expect(refused({ targets: new Int32Array(22).fill(3) })).toThrow(
      'dataset "toy": label of sample 0 is 3; expected a whole number from 0 to 2',
    );
    expect(refused({ targets: new Float32Array(22).fill(0.5) })).toThrow(DataError);
  });
});
