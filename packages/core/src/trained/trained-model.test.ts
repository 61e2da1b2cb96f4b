// A trained model that is asked: every kind of input gives the bits that an evaluation computes, whatever is asked
// together; classes of every loss that knows some; and what is refused.
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../dataset.js';
import { traitsOf } from '../dataset-traits.js';
import { ConfigError, DataError, ShapeError } from '../errors.js';
import { evaluate } from '../evaluate.js';
import { runReference } from '../execute/reference.js';
import { type FitOptions, fit } from '../fit.js';
import { zeros } from '../initializers/initializer.js';
import { relu } from '../layers/activations.js';
import { dropout } from '../layers/dropout.js';
import { flatten } from '../layers/flatten.js';
import { linear } from '../layers/linear.js';
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { perceptron } from '../losses/perceptron.js';
import { type Model, sequential } from '../model/model.js';
import { batchMean, sub } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { outputAlone } from '../network/to-graph.js';
import { adam } from '../optimizers/adam.js';
import type { Preparation } from '../preparation/preparation.js';
import { Random } from '../testing/random.js';
import { toyDataset } from '../testing/toy-data.js';
import { evaluation } from '../transform/differentiate.js';
import { predict } from './predict.js';
import { TrainedModel } from './trained-model.js';

const SHAPE = [1, 4, 5];
const SIZE = 20;
const SAMPLES = 300;
const DIVISOR = 7;

const random = new Random(3);
/** Bytes that are mostly zero in the first half, and dense in the second. */
const pixels = Uint8Array.from({ length: SAMPLES * SIZE }, (_, i) =>
  i < (SAMPLES * SIZE) / 2 && i % 4 ? 0 : random.integer(0, 255),
);
const labels = Int32Array.from({ length: SAMPLES }, (_, i) => i % 3);
const pictures: Dataset = {
  ...{ name: 'pictures', samples: SAMPLES, inputShape: SHAPE, inputs: pixels },
  ...{ inputDivisor: DIVISOR, targetShape: [], targets: labels, classes: 3 },
  classNames: ['cat', 'dog', 'owl'],
};
const model = sequential(flatten(), linear(SIZE, 300), relu(), dropout(0.3), linear(300, 3));
const options: FitOptions = {
  ...{ model, data: pictures, loss: crossEntropy(), optimizer: adam(), batchSize: 32 },
  metrics: ['f1'],
};
const { trained, parameters } = fit(options);

function pixelsOf(sample: number): Uint8Array {
  return pixels.subarray(sample * SIZE, (sample + 1) * SIZE);
}

function outputsOf(sample: number): number[] {
  return [...all.subarray(3 * sample, 3 * sample + 3)];
}

const all = trained.predict(pictures);
/** Sparse and dense ones, in different chunks. */
const ASKED = [0, 7, 129, 150, 299];

describe('predict', () => {
  test('is what the reference executor computes, without dropout', () => {
    const { output } = runReference(evaluation(outputAlone(trained.graph)), {
      ...{ rows: SAMPLES, precision: 'f64', input: Array.from(pixels, (x) => x / DIVISOR) },
      parameters: [...parameters.values()].map(({ data }) => data),
    });
    expect(all.length).toBe(3 * SAMPLES);
    // Sums of 300 products of numbers below 40.
    for (const [i, value] of all.entries()) expect(value).toBeCloseTo(output!.data[i]!, 3);
  });

  test('gives a sample the same bits alone, among others and in any chunk', () => {
    for (const sample of ASKED)
      expect([...trained.predict(pixelsOf(sample))]).toEqual(outputsOf(sample));
    for (const count of [1, 2, 5, 127, 128, 129, 255, 256]) {
      const some = trained.predict(pixels.subarray(0, count * SIZE));
      expect(some).toEqual(all.subarray(0, 3 * count));
    }
  });

  test.each<[string, (sample: number) => unknown]>([
    ['bytes', pixelsOf],
    ['a Buffer', (sample) => Buffer.from(pixelsOf(sample))],
    ['floats', (sample) => Float32Array.from(pixelsOf(sample))],
    ['doubles', (sample) => Float64Array.from(pixelsOf(sample))],
    ['a list', (sample) => [...pixelsOf(sample)]],
    ['rows', (sample) => [[...pixelsOf(sample)]]],
    ['rows of bytes', (sample) => [pixelsOf(sample)]],
    ['the shape', (sample) => nested(sample)],
    ['the shape without axes of length 1', (sample) => nested(sample)[0]],
    ['rows as the shape says', (sample) => [nested(sample)]],
    ['rows as the shape says without axes of length 1', (sample) => [nested(sample)[0]]],
  ])('takes %s', (_, input) => {
    for (const sample of ASKED) {
      expect([...trained.predict(input(sample) as number[])]).toEqual(outputsOf(sample));
    }
  });

  test('takes rows of any kind and number, and flat floats', () => {
    const rows = Array.from({ length: SAMPLES }, (_, sample) => [...pixelsOf(sample)]);
    expect(trained.predict(rows)).toEqual(all);
    expect(trained.predict(rows.slice(0, 130).map((row) => Float32Array.from(row)))).toEqual(
      all.subarray(0, 390),
    );
    expect(trained.predict(Float32Array.from(pixels))).toEqual(all);
    expect(trained.predict({ ...pictures, inputShape: [4, 5] })).toEqual(all);
  });

  test('of a model and parameters is the same', () => {
    const inputs = pixels.subarray(0, 200 * SIZE);
    const given = { model, parameters, inputs, inputShape: SHAPE, inputDivisor: DIVISOR };
    expect(predict(given)).toEqual(all.subarray(0, 600));
  });

  test('keeps what was answered before', () => {
    const first = trained.predict(pixelsOf(0));
    trained.predict(pixelsOf(200));
    expect([...first]).toEqual(outputsOf(0));
  });

  test.each<[string, unknown, new (message: string) => Error, string]>([
    [
      'nothing',
      undefined,
      ConfigError,
      'predict: the input is nothing; expected a dataset, rows, one row, or a flat',
    ],
    ['a number', 5, ConfigError, 'predict: the input is 5; expected a dataset'],
    [
      'a promise',
      Promise.resolve(pictures),
      ConfigError,
      'predict: the input is a promise; await it',
    ],
    [
      'memory',
      new ArrayBuffer(SIZE),
      ConfigError,
      'predict: the input is an ArrayBuffer; expected a dataset, rows, one row, or a flat typed array over it',
    ],
    [
      'several datasets',
      { train: pictures, test: pictures },
      ConfigError,
      'predict: the input is an object of datasets; give one of them, such as its train',
    ],
    [
      'no row',
      [],
      DataError,
      'predict: 0 input values, expected whole samples of [1, 4, 5], at least one',
    ],
    [
      'too few values',
      [1, 2, 3],
      DataError,
      'predict: 3 input values, expected whole samples of [1, 4, 5]',
    ],
    [
      'a row of other length',
      [[1, 2]],
      DataError,
      'predict: row 0 of the inputs has 2 values, expected 20 values',
    ],
    [
      'text',
      new Array(SIZE).fill('1'),
      DataError,
      'predict: input 0 of sample 0 is the text "1"; expected a number',
    ],
    [
      'a missing value',
      [...new Array(19).fill(0), undefined],
      DataError,
      'predict: input 19 of sample 0 is undefined; expected a number (fill in what is missing',
    ],
    [
      'NaN',
      Float32Array.from({ length: SIZE }, (_, i) => (i === 4 ? Number.NaN : 0)),
      DataError,
      'predict: input 4 of sample 0 is NaN',
    ],
    [
      'data of another shape',
      { ...pictures, inputShape: [5, 4] },
      ShapeError,
      'predict: the data ("pictures") has inputs of [5, 4], the data that the model was trained on has [1, 4, 5]',
    ],
    [
      'data that is divided otherwise',
      { ...pictures, inputDivisor: 255 },
      DataError,
      'has inputs that are divided by 255, those of the data that the model was trained on are divided by 7',
    ],
  ])('refuses %s', (_, input, type, message) => {
    expect(() => trained.predict(input as number[])).toThrow(type);
    expect(() => trained.predict(input as number[])).toThrow(message);
  });
});

/** A sample in lists as its shape says. */
function nested(sample: number): number[][][] {
  const rows = [0, 1, 2, 3].map((row) => [...pixelsOf(sample).subarray(5 * row, 5 * row + 5)]);
  return [rows];
}

describe('classify', () => {
  test('says the class, its number and the probability of each', () => {
    for (const sample of ASKED) {
      const { label, index, probabilities } = trained.classify([...pixelsOf(sample)]);
      const scores = outputsOf(sample);
      const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const sum = powers.reduce((a, b) => a + b, 0);
      expect(index).toBe(scores.indexOf(Math.max(...scores)));
      expect(label).toBe(pictures.classNames![index]);
      expect(probabilities.length).toBe(3);
      // Float64 throughout, of the same scores.
      for (const [i, p] of probabilities.entries()) expect(p).toBeCloseTo(powers[i]! / sum, 12);
    }
  });

  test('gives one answer for one row, and a list for a list', () => {
    const one = trained.classify([...pixelsOf(9)]);
    expect(trained.classify(pixelsOf(9))).toEqual(one);
    expect(trained.classify(nested(9)[0]!)).toEqual(one);
    expect(trained.classify([pixelsOf(9)])).toEqual([one]);
    expect(trained.classify([[...pixelsOf(9)], [...pixelsOf(9)]])).toEqual([one, one]);
    const every = trained.classify(pictures);
    expect(every.length).toBe(SAMPLES);
    expect(every[9]).toEqual(one);
    expect(trained.classify(pixels)).toEqual(every);
    const right = every.filter(({ index }, sample) => index === labels[sample]);
    expect(right.length / SAMPLES).toBe(trained.evaluate(pictures).accuracy);
  });

  const XOR = { name: 'xor', samples: 4, inputShape: [2], inputDivisor: 1, classes: undefined };
  const inputs = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
  const LABELLED = { targets: Int32Array.of(0, 1, 1, 1), classes: 2 };
  const two: Dataset = { ...XOR, inputs, targetShape: [1], targets: Float32Array.of(0, 1, 1, 1) };
  const fitted = (data: Dataset, loss: FitOptions['loss'], outputs: number) =>
    fit({
      model: linear(2, outputs),
      data,
      loss,
      optimizer: adam({ learningRate: 0.1 }),
      epochs: 40,
    }).trained;

  test('tells two classes apart by one output', () => {
    const binary = fitted(two, binaryCrossEntropy(), 1);
    const answers = binary.classify([
      [0, 0],
      [1, 1],
    ]);
    expect(answers.map(({ label, index }) => [label, index])).toEqual([
      ['0', 0],
      ['1', 1],
    ]);
    const logit = binary.predict([1, 1])[0]!;
    expect(answers[1]!.probabilities[1]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 12);
    expect(answers[1]!.probabilities[0]).toBeCloseTo(1 / (1 + Math.exp(logit)), 12);
    const unit = fitted(two, perceptron(), 1);
    const probabilities = unit.predict([0, 1])[0]! > 0 ? [0, 1] : [1, 0];
    expect(unit.classify([0, 1]).probabilities).toEqual(probabilities);
  });

  test('knows distributions, and labels under mse', () => {
    const targets = Float32Array.of(1, 0, 0, 1, 0, 1, 0, 1);
    const rows = fitted({ ...XOR, inputs, targetShape: [2], targets }, crossEntropy(), 2);
    expect(rows.classify([0, 0]).label).toBe('0');
    const labelled = { ...XOR, inputs, targetShape: [], ...LABELLED };
    const values = fitted(labelled, meanSquaredError(), 2);
    expect(values.classify([1, 1]).index).toBe(1);
    expect(values.classify([1, 1]).probabilities).toEqual([...values.predict([1, 1])]);
  });

  test('names no class where outputs overflow: none of them is the largest', () => {
    for (const [loss, outputs] of [
      [crossEntropy(), 2],
      [perceptron(), 1],
    ] as const) {
      const model = fitted({ ...XOR, inputs, targetShape: [], ...LABELLED }, loss, outputs);
      for (const { data } of model.parameters.values()) data.fill(3e38);
      expect(() => model.classify([3e38, -3e38])).toThrow(
        'classify: of sample 0 the network gives NaN, and so no class: its weights or its inputs are too large. Did its run diverge',
      );
    }
  });

  test('is refused by what tells no classes apart', () => {
    const numbers = fitted(two, meanSquaredError(), 1);
    expect(() => numbers.classify([0, 1])).toThrow(ConfigError);
    expect(() => numbers.classify([0, 1])).toThrow(
      'classify: the model was trained to give numbers (mse), not to tell classes apart; predict gives its outputs',
    );
    const targets = Float32Array.of(1, 0, 1, 1, 0, 1, 0, 1);
    const many = fitted({ ...XOR, inputs, targetShape: [2], targets }, binaryCrossEntropy(), 2);
    expect(() => many.classify([0, 1])).toThrow(
      'classify: the model says of 2 labels whether each applies, not which one does',
    );
  });
});

describe('evaluate', () => {
  test('is what core evaluates, with metrics that are asked for', () => {
    const { loss, accuracy, metrics } = trained.evaluate(pictures, { metrics: ['f1', 'log-loss'] });
    const direct = evaluate({
      ...{ model, parameters, data: pictures, loss: crossEntropy(), metrics: ['f1', 'log-loss'] },
    });
    expect({ loss, accuracy, metrics }).toEqual(direct);
  });

  test('finds classes by name, and takes another loss', () => {
    const turned: Dataset = {
      ...pictures,
      classNames: ['owl', 'cat', 'dog'],
      targets: labels.map((label) => (label + 1) % 3),
    };
    expect(trained.evaluate(turned)).toEqual(trained.evaluate(pictures));
    const { loss } = trained.evaluate(pictures, { loss: meanSquaredError() });
    const given = { model, parameters, data: pictures, loss: meanSquaredError() };
    expect(loss).toBe(evaluate(given).loss);
  });

  test('refuses options that there are not', () => {
    expect(() => trained.evaluate(pictures, { metric: ['f1'] } as never)).toThrow(
      'evaluate: unknown option "metric"; did you mean metrics?',
    );
  });
});

describe('named columns', () => {
  const inputs = Float32Array.of(-1, 1, 0, 1, 0, 1, 0, 1, 0, -2, 1, 0);
  const preparation: Preparation = {
    inputs: [
      { kind: 'standardise', column: 'area', mean: 100, deviation: 20 },
      { kind: 'one-hot', column: 'district', categories: ['north', 'south'], unknown: 'refuse' },
    ],
    targets: [{ kind: 'standardise', column: 'price', mean: 500, deviation: 50 }],
  };
  const houses: Dataset = {
    ...{ name: 'houses', samples: 4, inputShape: [3], inputs, inputDivisor: 1, classes: undefined },
    ...{ targetShape: [1], targets: Float32Array.of(-1, 0, 1, -2), preparation },
  };
  const rows = [80, 120, 100, 60].map((area, i) => ({
    ...{ area, district: i === 1 ? 'south' : 'north', colour: 'red' },
  }));
  const { trained: prices } = fit({
    ...{ model: linear(3, 1), data: houses, loss: meanSquaredError(), optimizer: adam() },
  });

  test('become inputs as the data was prepared, and answers are in the unit of the target', () => {
    expect(prices.preparation).toEqual(preparation);
    const values = predict({
      ...{ model: linear(3, 1), parameters: prices.parameters, inputs, inputShape: [3] },
    });
    const expected = Float64Array.from(values, (value) => value * 50 + 500);
    expect(prices.predict(houses)).toEqual(expected);
    expect(prices.predict(inputs)).toEqual(expected);
    expect(prices.predict(rows)).toEqual(expected);
    expect(prices.predict(rows[0]!)).toEqual(expected.subarray(0, 1));
    expect(() => prices.predict({ ...rows[0], district: 'east' })).toThrow(
      'predict: row 0, "district": "east" is none',
    );
    expect(() => prices.predict({ area: 3 })).toThrow('predict: there is no column "district"');
  });

  test('are found by the names of inputs that nobody prepared', () => {
    const data = { ...houses, preparation: undefined, inputNames: ['a', 'b', 'c'] };
    const { trained } = fit({
      ...{ model: linear(3, 1), data, loss: meanSquaredError() },
      optimizer: adam(),
    });
    expect(trained.predict({ c: 3, a: 1, b: '2' })).toEqual(trained.predict([1, 2, 3]));
    const { inputNames: _, ...unnamed } = data;
    const other = fit({
      ...{ model: linear(3, 1), data: unnamed, loss: meanSquaredError() },
      optimizer: adam(),
    });
    expect(() => other.trained.predict({ a: 1 })).toThrow(
      'predict: the input is named columns, and the model knows no names of its inputs; give numbers, 3 a row',
    );
  });

  test('are classified, one row or several', () => {
    const data: Dataset = {
      ...houses,
      ...{
        classes: 2,
        classNames: ['cheap', 'dear'],
        targetShape: [],
        targets: Int32Array.of(0, 1, 1, 0),
      },
      preparation: {
        ...preparation,
        targets: [{ kind: 'class', column: 'kind', classNames: ['cheap', 'dear'] }],
      },
    };
    const { trained } = fit({
      ...{ model: linear(3, 2), data, loss: crossEntropy() },
      optimizer: adam(),
    });
    const all = trained.classify(rows);
    expect(all).toEqual(trained.classify(rows.map((_, i) => inputs.subarray(3 * i, 3 * i + 3))));
    expect(trained.classify(rows[2]!)).toEqual(all[2]);
    expect(trained.predict(rows)).toBeInstanceOf(Float32Array);
  });
});

describe('a trained model', () => {
  test('is the same whatever was measured while it learnt', () => {
    const { trained: plain } = fit({ ...options, metrics: undefined });
    expect(trained.graph).toEqual(plain.graph);
    expect(trained.graph.metrics).toEqual(['accuracy']);
  });

  test('is made of parts by hand, with the names of another library', () => {
    const graph = traceModel(model, SHAPE);
    const byHand = new TrainedModel({ graph, parameters, traits: traitsOf(pictures) });
    expect(byHand.predict(pictures)).toEqual(all);
    expect(() => byHand.evaluate(pictures)).toThrow('the model has no loss; give one');
    expect(byHand.evaluate(pictures, { loss: crossEntropy() })).toEqual(trained.evaluate(pictures));
  });

  test('keeps buffers, and answers by them', () => {
    const shifted: Model = (x, scope) => {
      const mean = scope.buffer('mean', [2], zeros());
      scope.update(mean, batchMean(x));
      return linear(2, 1)(sub(x, mean), scope);
    };
    const data = toyDataset({ samples: 40, inputShape: [2], targetShape: [1] });
    const result = fit({
      ...{ model: shifted, data, loss: meanSquaredError() },
      optimizer: adam(),
    });
    expect([...result.trained.buffers.keys()]).toEqual(['mean']);
    const [x, y] = result.buffers.get('mean')!.data;
    const [a, b] = result.parameters.get('weight')!.data;
    const expected = (1 - x!) * a! + (2 - y!) * b! + result.parameters.get('bias')!.data[0]!;
    expect(result.trained.predict([1, 2])[0]).toBeCloseTo(expected, 6);
    expect(result.trained.evaluate(data, { loss: meanSquaredError() })).toEqual(
      result.trained.evaluate(data),
    );
  });

  const parts = () => ({ graph: trained.graph, parameters, traits: trained.traits });
  test.each<[string, () => object, string]>([
    [
      'an unknown part',
      () => ({ ...parts(), weights: 1 }),
      'trained model: unknown option "weights"; did you mean parameters?',
    ],
    [
      'no traits',
      () => ({ ...parts(), traits: undefined }),
      'trained model: traits are nothing; expected what traitsOf gives',
    ],
    [
      'traits of another shape',
      () => ({ ...parts(), traits: { ...trained.traits, inputShape: [3] } }),
      'trained model: the model takes inputs of [N, 1, 4, 5], the data has [N, 3]',
    ],
    [
      'other classes',
      () => ({ ...parts(), traits: { ...trained.traits, classes: 4, classNames: undefined } }),
      'trained model: the model tells 3 classes apart, the data has 4',
    ],
    [
      'no parameters',
      () => ({ ...parts(), parameters: new Map() }),
      'parameters: "1.weight" is missing',
    ],
    ['no graph', () => ({ ...parts(), graph: {} }), 'graph: "format" is missing'],
  ])('is not made of %s', (_, given, message) => {
    expect(() => new TrainedModel(given() as never)).toThrow(message);
  });
});

test('of two named classes with one output, the positive one is what the output speaks for', () => {
  const data: Dataset = {
    ...{ name: 'mails', samples: 4, inputShape: [1], inputDivisor: 1, targetShape: [], classes: 2 },
    ...{ inputs: Float32Array.of(-2, -1, 1, 2), targets: Int32Array.of(0, 0, 1, 1) },
    classNames: ['ham', 'spam'],
  };
  for (const positive of ['ham', 'spam']) {
    const loss = binaryCrossEntropy({ positive });
    const common = { model: linear(1, 1), optimizer: adam({ learningRate: 0.1 }), epochs: 20 };
    const { trained } = fit({ ...common, data, loss });
    const again = new TrainedModel({
      graph: JSON.parse(JSON.stringify(trained.graph)),
      ...{ parameters: trained.parameters, traits: trained.traits },
    });
    for (const one of [trained, again]) {
      expect([-2, 2].map((x) => one.classify([x]).label)).toEqual(['ham', 'spam']);
      expect(one.predict([2])[0]! > 0).toBe(positive === 'spam');
      expect(one.evaluate(data, { metrics: ['recall'] })).toMatchObject({ accuracy: 1 });
    }
  }
});
