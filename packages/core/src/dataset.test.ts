// Datasets and parameters made by hand: what `fit`, `evaluate` and `predict` make of them, and what they refuse.
import { describe, expect, test } from 'vitest';
import { type Dataset, type DatasetInput, toDataset } from './dataset.js';
import { ConfigError, DataError } from './errors.js';
import { evaluate } from './evaluate.js';
import { type FitOptions, fit } from './fit.js';
import { relu } from './layers/activations.js';
import { linear } from './layers/linear.js';
import { crossEntropy } from './losses/cross-entropy.js';
import { meanSquaredError } from './losses/mean-squared-error.js';
import { sequential } from './model/model.js';
import { adam } from './optimizers/adam.js';
import type { ParametersInput } from './run/given-parameters.js';
import { predict } from './trained/predict.js';

const SAMPLES = 40;
const PIXELS = Uint8Array.from({ length: 6 * SAMPLES }, (_, i) => (i * 37) % 256);
/** Mostly zeros, as in pictures, so that a step reads lists of what is not zero. */
const SPARSE = PIXELS.map((pixel) => (pixel % 5 === 0 ? pixel : 0));
const BYTES: Dataset = {
  name: 'bytes',
  samples: SAMPLES,
  inputShape: [6],
  inputs: PIXELS,
  inputDivisor: 255,
  targetShape: [],
  targets: Int32Array.from({ length: SAMPLES }, (_, i) => i % 3),
  classes: 3,
};
const OPTIONS: FitOptions = {
  model: sequential(linear(6, 5), relu(), linear(5, 3)),
  data: BYTES,
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.01 }),
  batchSize: 16,
  epochs: 3,
};

/** The same pixels and labels in other arrays. */
function others(bytes: Uint8Array): [string, Partial<DatasetInput>][] {
  const rows = Array.from({ length: SAMPLES }, (_, i) => [...bytes.subarray(6 * i, 6 * i + 6)]);
  return [
    ['floats', { inputs: Float32Array.from(bytes) }],
    ['plain numbers', { inputs: [...bytes], targets: [...BYTES.targets] }],
    ['rows', { inputs: rows }],
    [
      'a canvas',
      { inputs: Uint8ClampedArray.from(bytes), targets: Uint8Array.from(BYTES.targets) },
    ],
    ['doubles', { inputs: Float64Array.from(bytes), targets: Float64Array.from(BYTES.targets) }],
    ['bigints', { inputs: BigInt64Array.from([...bytes].map(BigInt)) }],
  ];
}

describe.each([
  ['dense', PIXELS],
  ['sparse', SPARSE],
])('%s inputs with a divisor', (_, bytes) => {
  const data = { ...BYTES, inputs: bytes };
  const right = fit({ ...OPTIONS, data: { train: data, test: data } });
  const { parameters } = right;
  const { model, loss } = OPTIONS;

  test.each(others(bytes))(
    'as %s train, test, evaluate and predict to the bit as bytes',
    (_, change) => {
      const other = { ...data, ...change };
      expect(fit({ ...OPTIONS, data: { train: other, test: other } })).toEqual(right);
      expect(fit({ ...OPTIONS, data: { train: data, test: other } })).toEqual(right);
      expect(evaluate({ model, loss, parameters, data: other })).toEqual(
        evaluate({ model, loss, parameters, data }),
      );
      const ask = (inputs: DatasetInput['inputs']) =>
        predict({ model, parameters, inputs, inputShape: [6], inputDivisor: 255 });
      expect(ask(other.inputs)).toEqual(ask(bytes));
    },
  );

  test('really are divided', () => {
    const whole = fit({
      ...OPTIONS,
      data: { ...data, inputs: Float32Array.from(bytes), inputDivisor: 1 },
    });
    expect(whole.parameters).not.toEqual(parameters);
  });
});

describe('toDataset', () => {
  test('leaves a dataset that the engine takes as it is', () => {
    expect(toDataset('fit', BYTES)).toBe(BYTES);
  });

  test('calls unnamed what has no name, and takes no other thing for one', () => {
    const { name: _, ...nameless } = BYTES;
    const convert = (data: object) => toDataset('fit', data as DatasetInput);
    expect(convert(nameless)).toEqual({ ...BYTES, name: 'unnamed' });
    for (const name of [5, '', null]) {
      expect(() => convert({ ...BYTES, name })).toThrow(
        'fit: the name of data must be a text that is not empty',
      );
    }
  });

  test('takes an object of a class, with what the class gives by getters', () => {
    class Pixels {
      readonly name = 'bytes';
      readonly samples = SAMPLES;
      readonly inputDivisor = 255;
      readonly targetShape = [];
      readonly classes = 3;
      get inputShape() {
        return [6];
      }
      get inputs() {
        return BYTES.inputs;
      }
      get targets() {
        return [...BYTES.targets];
      }
    }
    expect(toDataset('fit', new Pixels())).toEqual(BYTES);
    const { parameters } = fit({
      ...OPTIONS,
      data: { train: new Pixels(), test: new Pixels() },
    });
    expect(parameters).toEqual(fit(OPTIONS).parameters);
  });

  test.each<[string, object, string]>([
    ['no samples', { samples: 0 }, 'dataset "bytes" has no samples'],
    ['half a sample', { samples: 1.5 }, 'samples is 1.5, expected a whole number'],
    [
      'another number of samples',
      { samples: 39 },
      '240 input values, expected 234 (39 samples of [6])',
    ],
    ['a shape that is no list', { inputShape: {} }, 'inputShape is an object, expected a list'],
    ['a shape with a hole', { inputShape: [6, 0] }, 'inputShape is [6, 0], expected a list'],
    ['half a class', { classes: 2.5 }, 'classes is 2.5, expected a whole number'],
    ['classes that are null', { classes: null }, 'classes is null, expected a whole number'],
    [
      'no divisor',
      { inputDivisor: undefined },
      'inputDivisor is nothing, expected a number above 0',
    ],
    ['a divisor of 0', { inputDivisor: 0 }, 'inputDivisor is 0'],
    ['a divisor that float32 has not', { inputDivisor: 1e-60 }, 'inputDivisor is 1e-60'],
    ['a divisor as text', { inputDivisor: '255' }, 'inputDivisor is "255"'],
    [
      'a quotient that is infinite',
      { inputDivisor: 1e-37, inputs: new Float32Array(240).fill(100) },
      'divided by inputDivisor 1e-37 it is not a finite float32',
    ],
    ['labels without classes', { classes: undefined }, 'look like class labels'],
    [
      'vectors with classes',
      { targetShape: [3], targets: new Float32Array(120).fill(0.5) },
      'label 0 of sample 0 is 0.5; expected a whole number from 0 to 2. Classes are numbered from 0; a position that does not count has -100',
    ],
    [
      'a label that is no class',
      { targets: Uint8Array.from(BYTES.targets, (n) => n + 1) },
      'label of sample 2 is 3; expected a whole number from 0 to 2',
    ],
    ['class names that are no list', { classNames: 'abc' }, 'classNames are no list of texts'],
  ])('refuses %s', (_, change, message) => {
    const convert = () => toDataset('fit', { ...BYTES, ...change } as DatasetInput);
    expect(convert).toThrow(DataError);
    expect(convert).toThrow(message);
  });

  test('refuses what is no dataset, before any work', () => {
    for (const data of [undefined, null, [[1, 2]], { inputs: [[1]], targets: [1] }, 'mnist']) {
      const none = data as unknown as DatasetInput;
      expect(() => fit({ ...OPTIONS, data: none })).toThrow('fit: data is no dataset');
      expect(() =>
        evaluate({ ...OPTIONS, ...{ parameters: new Map() }, data: none } as never),
      ).toThrow(ConfigError);
    }
    const columns = new Map([['a', [1, 2]]]);
    const table = { rows: 2, names: ['a'], column: (name: string) => columns.get(name) };
    expect(() => fit({ ...OPTIONS, data: table as never })).toThrow(
      'fit: data is a table; prepare makes a dataset of it',
    );
    const promise = Promise.resolve(BYTES) as unknown as DatasetInput;
    expect(() => fit({ ...OPTIONS, data: promise })).toThrow('fit: data is a promise; await it');
    expect(() => fit({ ...OPTIONS, data: { train: BYTES, test: promise } })).toThrow(
      'fit: the test data is a promise',
    );
  });

  test('NaN is refused in training data, test data, evaluated data and what is asked about', () => {
    const inputs = Float32Array.from(PIXELS);
    inputs[6 * 13 + 2] = Number.NaN;
    const bad = { ...BYTES, inputs };
    const { parameters } = fit(OPTIONS);
    const { model, loss } = OPTIONS;
    const message = 'input 2 of sample 13 is NaN';
    expect(() => fit({ ...OPTIONS, data: bad })).toThrow(message);
    expect(() => fit({ ...OPTIONS, data: { train: BYTES, test: bad } })).toThrow(message);
    expect(() => evaluate({ model, loss, parameters, data: bad })).toThrow(message);
    expect(() => predict({ model, parameters, inputs, inputShape: [6] })).toThrow(message);
    const targets = new Float32Array(SAMPLES).fill(0.5);
    targets[7] = Number.NaN;
    const values = { ...BYTES, targets, targetShape: [1], classes: undefined };
    const one = { ...OPTIONS, model: linear(6, 1), loss: meanSquaredError() };
    expect(() => fit({ ...one, data: values })).toThrow('target 0 of sample 7 is NaN');
  });
});

describe('parameters', () => {
  const none = { ...OPTIONS, epochs: 0 };
  const { parameters } = fit(OPTIONS);
  const json = JSON.parse(
    JSON.stringify(
      Object.fromEntries(
        [...parameters].map(([name, { shape, data }]) => [name, { shape, data: [...data] }]),
      ),
    ),
  ) as Record<string, { shape: number[]; data: number[] }>;

  test('that went through JSON as lists are the same parameters', () => {
    expect(fit({ ...none, parameters: json }).parameters).toEqual(parameters);
    expect(fit({ ...none, parameters: new Map(Object.entries(json)) }).parameters).toEqual(
      parameters,
    );
  });

  test('may be lists in lists, and doubles', () => {
    const { data } = parameters.get('0.weight')!;
    const rows = Array.from({ length: 5 }, (_, i) => [...data.subarray(6 * i, 6 * i + 6)]);
    const { model } = OPTIONS;
    for (const same of [rows, Float64Array.from(data)]) {
      const given = new Map<string, object>(parameters).set('0.weight', {
        shape: [5, 6],
        data: same,
      });
      const ask = (p: ParametersInput) =>
        predict({ model, parameters: p, inputs: PIXELS, inputShape: [6] });
      expect(ask(given as ParametersInput)).toEqual(ask(parameters));
    }
  });

  test.each<[string, unknown, string]>([
    ['nothing', null, 'parameters are null'],
    ['a list', [...parameters], 'parameters are a list'],
    ['an empty Map', new Map(), 'there are none'],
    ['a Map through JSON', JSON.parse(JSON.stringify(parameters)), 'there are none'],
    [
      'a typed array through JSON',
      { ...json, '0.weight': { shape: [5, 6], data: { 0: 1, 1: 2 } } },
      'parameter "0.weight": values are an object with numbered keys',
    ],
    [
      'numbers without a shape',
      { ...json, '0.weight': parameters.get('0.weight')!.data },
      'parameter "0.weight" has no shape',
    ],
    [
      'a missing value',
      { ...json, '0.bias': { shape: [5], data: [1, 2, null, 4, 5] } },
      'parameter "0.bias": value 2 is null',
    ],
    [
      'too few values',
      { ...json, '0.bias': { shape: [5], data: [1, 2] } },
      'parameter "0.bias": 2 values, expected 5 ([5])',
    ],
    [
      'another shape',
      { ...json, '0.bias': { shape: [2], data: [1, 2] } },
      '"0.bias" is [2], the model expects [5]',
    ],
    ['another name', { ...json, bias: { shape: [2], data: [1, 2] } }, '"bias" is not in the model'],
    [
      'NaN',
      new Map(parameters).set('0.bias', { shape: [5], data: Float32Array.of(1, 2, NaN, 4, 5) }),
      'value 2 of "0.bias" is NaN',
    ],
  ])('that are %s are refused by name', (_, given, message) => {
    expect(() => fit({ ...none, parameters: given as ParametersInput })).toThrow(message);
  });
});
