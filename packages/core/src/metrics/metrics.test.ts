// Metrics against the examples of scikit-learn's documentation, whose definitions they have, and against counting by hand
// on many samples, several of which have equal scores.
import { describe, expect, test } from 'vitest';
import type { DatasetInput } from '../dataset.js';
import { type EvaluateOptions, evaluate } from '../evaluate.js';
import { fit } from '../fit.js';
import { linear } from '../layers/linear.js';
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import type { Loss } from '../losses/loss.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { perceptron } from '../losses/perceptron.js';
import type { Model } from '../model/model.js';
import { log, mul, sub, sum } from '../model/tensor.js';
import { sgd } from '../optimizers/sgd.js';
import { metricNames } from './built-in.js';
import { metric } from './metric.js';
import { topKAccuracy } from './top-k-accuracy.js';

/** Its inputs are what the network says. */
const said: Model = (x) => x;

function labelled(scores: number[][], labels: number[]): DatasetInput {
  const classes = scores[0]!.length;
  const inputs = scores.flat();
  const shape = { inputShape: [classes], inputDivisor: 1, targetShape: [], classes };
  return { name: 'scores', samples: labels.length, ...shape, inputs, targets: labels };
}

function numbers(predicted: number[][], targets: number[][]): DatasetInput {
  const shape = [targets[0]!.length];
  return {
    ...{ name: 'numbers', samples: targets.length, inputShape: shape, inputDivisor: 1 },
    ...{ inputs: predicted.flat(), targetShape: shape, targets: targets.flat() },
    classes: undefined,
  };
}

const oneHots = (classes: number, labels: number[]): number[][] =>
  labels.map((label) => Array.from({ length: classes }, (_, i) => (i === label ? 1 : 0)));

function metricsOf(
  data: DatasetInput,
  loss: Loss,
  ...metrics: NonNullable<EvaluateOptions['metrics']>
) {
  const options = { model: said, parameters: new Map(), data, loss, metrics };
  return evaluate({ ...options, onWarning: () => {} }).metrics;
}

/** Sums are float32 over a chunk: seven digits. */
const close = (value: number) => expect.closeTo(value, 6);
const RATIOS = ['precision', 'recall', 'f1'];
const EACH = [...RATIOS, ...RATIOS.map((name) => `${name}-per-class`)];

describe('scikit-learn’s examples', () => {
  test('precision, recall and F1 of three classes', () => {
    const data = labelled(oneHots(3, [0, 2, 1, 0, 0, 1]), [0, 1, 2, 0, 1, 2]);
    expect(metricsOf(data, crossEntropy(), ...EACH)).toMatchObject({
      accuracy: 2 / 6,
      precision: close(2 / 9),
      recall: close(1 / 3),
      f1: close(4 / 15),
      'precision-per-class': [close(2 / 3), 0, 0],
      'recall-per-class': [1, 0, 0],
      'f1-per-class': [close(0.8), 0, 0],
    });
  });

  test('a class that neither occurs nor is predicted is left out of the mean', () => {
    const data = labelled(oneHots(5, [0, 2, 1, 0, 0, 1]), [0, 1, 2, 0, 1, 2]);
    const got = metricsOf(data, crossEntropy(), 'f1', 'f1-per-class');
    expect(got).toMatchObject({ f1: close(4 / 15), 'f1-per-class': [close(0.8), 0, 0, 0, 0] });
  });

  test('the confusion matrix', () => {
    const data = labelled(oneHots(3, [0, 0, 2, 2, 0, 2]), [2, 0, 2, 2, 0, 1]);
    const matrix = [
      [2, 0, 0],
      [0, 0, 1],
      [1, 0, 2],
    ];
    expect(metricsOf(data, crossEntropy(), 'confusion-matrix')['confusion-matrix']).toEqual(matrix);
  });

  test('top-k accuracy', () => {
    const scores = [
      [0.5, 0.2, 0.2],
      [0.3, 0.4, 0.2],
      [0.2, 0.4, 0.3],
      [0.7, 0.2, 0.1],
    ];
    const got = metricsOf(labelled(scores, [0, 1, 2, 2]), crossEntropy(), 'top-2-accuracy');
    expect(got).toMatchObject({ 'top-2-accuracy': 0.75 });
  });

  test('log loss of probabilities, which are clipped', () => {
    const spam = [
      [0.1, 0.9],
      [0.9, 0.1],
      [0.8, 0.2],
      [0.35, 0.65],
    ];
    const got = metricsOf(labelled(spam, [1, 0, 0, 1]), meanSquaredError(), 'log-loss');
    expect(got['log-loss']).toBeCloseTo(0.21616187468057912, 6);
    const wrong = labelled(oneHots(2, [1]), [0]);
    // −ln 2⁻²³.
    expect(metricsOf(wrong, meanSquaredError(), 'log-loss')['log-loss']).toBeCloseTo(15.942385, 5);
  });

  test('errors of numbers', () => {
    const one = numbers([[2.5], [0], [2], [8]], [[3], [-0.5], [2], [7]]);
    const names = ['mean-absolute-error', 'root-mean-squared-error', 'r2'];
    expect(metricsOf(one, meanSquaredError(), ...names)).toMatchObject({
      'mean-absolute-error': 0.5,
      'root-mean-squared-error': close(0.6123724356957945),
      r2: close(0.9486081370449679),
    });
    const two = numbers(
      [
        [0, 2],
        [-1, 2],
        [8, -5],
      ],
      [
        [0.5, 1],
        [-1, 1],
        [7, -6],
      ],
    );
    expect(metricsOf(two, meanSquaredError(), ...names)).toMatchObject({
      'mean-absolute-error': 0.75,
      'root-mean-squared-error': close(0.8227486121839513),
      r2: close(0.9368005266622779),
    });
  });

  test('R² of targets that do not vary', () => {
    const of = (predicted: number[], targets: number[]) =>
      metricsOf(
        numbers(
          predicted.map((x) => [x]),
          targets.map((x) => [x]),
        ),
        meanSquaredError(),
        'r2',
      ).r2;
    expect(of([-2, -2, -2], [-2, -2, -2])).toBe(1);
    expect(of([-2, -2, -1.9], [-2, -2, -2])).toBe(0);
    expect(of([2, 2, 2], [1, 2, 3])).toBe(0);
  });
});

test('R² keeps the variance of numbers that are large beside it', () => {
  const targets = Array.from({ length: 400 }, (_, i) => [100_000 + (i % 10)]);
  const predicted = targets.map(([value], i) => [value! + (i % 2 ? 0.5 : -0.5)]);
  const { r2 } = metricsOf(numbers(predicted, targets), meanSquaredError(), 'r2');
  // 1 − 0.25 ÷ 8.25: the variance of 0 to 9.
  expect(r2).toBeCloseTo(1 - 0.25 / 8.25, 5);
});

test('many samples with equal scores are counted as by hand: the first among equals comes first', () => {
  const samples = 1000;
  const scores = Array.from({ length: samples }, (_, i) =>
    Array.from({ length: 4 }, (_, j) => ((7 * i + 3 * j * i + j) % 5) / 4),
  );
  const labels = Array.from({ length: samples }, (_, i) => (i * i + (i >> 3)) % 4);
  const ranked = scores.map((row) => [0, 1, 2, 3].sort((a, b) => row[b]! - row[a]! || a - b));
  const count = (is: (i: number) => boolean) => labels.filter((_, i) => is(i)).length;
  const matrix = [0, 1, 2, 3].map((row) =>
    [0, 1, 2, 3].map((column) => count((i) => labels[i] === row && ranked[i]![0] === column)),
  );
  const recalls = matrix.map((row, i) => row[i]! / row.reduce((a, b) => a + b));
  const got = metricsOf(
    labelled(scores, labels),
    crossEntropy(),
    ...['confusion-matrix', 'recall-per-class', 'top-1-accuracy', 'top-2-accuracy'],
    topKAccuracy(3),
  );
  expect(got).toMatchObject({
    'confusion-matrix': matrix,
    'recall-per-class': recalls,
    accuracy: count((i) => ranked[i]![0] === labels[i]) / samples,
    'top-1-accuracy': got.accuracy,
    'top-2-accuracy': count((i) => ranked[i]!.slice(0, 2).includes(labels[i]!)) / samples,
    'top-3-accuracy': count((i) => ranked[i]![3] !== labels[i]) / samples,
  });
});

test('labels that apply or not are read from logits or probabilities, as the loss says', () => {
  const targets = [[1], [1], [0], [0], [1]];
  const expected = {
    accuracy: 0.6,
    precision: close(2 / 3),
    recall: close(2 / 3),
    'f1-per-class': [close(2 / 3)],
    'confusion-matrix': [
      [1, 1],
      [1, 2],
    ],
  };
  const names = ['accuracy', 'precision', 'recall', 'f1-per-class', 'confusion-matrix'];
  const logits = numbers([[2], [0.2], [-1], [3], [-0.1]], targets);
  expect(metricsOf(logits, binaryCrossEntropy(), ...names)).toMatchObject(expected);
  expect(metricsOf(logits, perceptron(), ...names)).toMatchObject(expected);
  const probabilities = numbers([[0.9], [0.6], [0.2], [0.8], [0.4]], targets);
  const told = metricsOf(probabilities, meanSquaredError(), ...names, 'log-loss');
  expect(told).toMatchObject(expected);
  const nats = [0.9, 0.6, 0.8, 0.2, 0.4].map((p) => -Math.log(p));
  expect(told['log-loss']).toBeCloseTo(nats.reduce((a, b) => a + b) / 5, 6);
  const { 'log-loss': same, loss } = metricsOf(logits, binaryCrossEntropy(), 'log-loss');
  expect(same).toBeCloseTo(loss as number, 6);
});

test('of several labels the mean is over all, those that never apply included', () => {
  const data = numbers(
    [
      [1, -1, -1],
      [1, 1, -1],
    ],
    [
      [1, 0, 0],
      [0, 1, 0],
    ],
  );
  expect(metricsOf(data, binaryCrossEntropy(), 'precision', 'f1')).toMatchObject({
    precision: close((0.5 + 1 + 0) / 3),
    f1: close((2 / 3 + 1 + 0) / 3),
  });
});

test('rows of probabilities are classes: the largest is the one', () => {
  const targets = [
    [0.6, 0.4, 0],
    [0.1, 0.2, 0.7],
  ];
  const scores = [
    [3, 1, 0],
    [0, 2, 1],
  ];
  const told = metricsOf(numbers(scores, targets), crossEntropy(), 'f1', 'log-loss');
  expect(told).toMatchObject({ accuracy: 0.5, f1: close(1 / 3) });
  // Nothing is clipped here.
  expect(told['log-loss']).toBeCloseTo(told.loss as number, 6);
});

describe('what a metric does not measure is refused before anything is computed', () => {
  const classes = labelled(oneHots(3, [0, 1]), [0, 1]);
  const values = numbers([[0.5], [2]], [[0.5], [2]]);
  const labels = numbers([[1, 2]], [[0, 1]]);
  test.each<[string, DatasetInput, Loss, RegExp]>([
    ['r2', classes, crossEntropy(), /r2: the data has class labels, and this measures numbers/],
    ['mean-absolute-error', classes, crossEntropy(), /class labels/],
    ['f1', values, meanSquaredError(), /f1: .*sample 1: target 0 is 2, expected 0, 1 or a prob/],
    ['perplexity', values, meanSquaredError(), /numbers as targets; this takes class labels/],
    ['top-2-accuracy', values, meanSquaredError(), /numbers as targets; this takes class labels/],
    ['top-3-accuracy', classes, crossEntropy(), /of 3 classes every one is among the first 3/],
    ['confusion-matrix', labels, binaryCrossEntropy(), /2 labels, any number of which may apply/],
    ['log-loss', numbers([[1]], [[1]]), perceptron(), /decisions, and no probabilities/],
    ['accuraccy', classes, crossEntropy(), /there is no metric "accuraccy"; there are accuracy, /],
  ])('%s', (name, data, loss, message) => {
    expect(() => metricsOf(data, loss, name)).toThrow(message);
    const model = linear(data.inputShape[0]!, data.inputShape[0]!);
    const options = { model, data, loss, optimizer: sgd(), metrics: [name] };
    expect(() => fit(options)).toThrow(message);
  });

  test('a confusion matrix of very many classes', () => {
    const many = labelled(oneHots(300, [0]), [0]);
    expect(() => metricsOf(many, crossEntropy(), 'confusion-matrix')).toThrow(
      'metrics: they come to 90001 sums a chunk, at most 65536 are possible. A confusion matrix takes the square of the number of classes, so it goes up to 256 of them',
    );
  });
});

describe('a metric of one’s own', () => {
  const data = numbers([[1], [2], [4]], [[1], [2.5], [2]]);
  const withinOne = metric('within-one', {
    build: (output, target) => {
      const difference = sub(output, target);
      return { far: sum(mul(difference, difference)) };
    },
    finish: ({ far }, samples) => ({ mean: far![0]! / samples, half: 0.5, nothing: 0 / 0 }),
  });

  test('is told as its functions say; what is no finite number is null', () => {
    const told = metricsOf(data, meanSquaredError(), withinOne, 'r2');
    expect(told['within-one']).toEqual({ mean: close(4.25 / 3), half: 0.5, nothing: null });
    expect(Object.keys(told)).toEqual(['loss', 'within-one', 'r2']);
  });

  test('may give a typed array for a list; what is no value is null', () => {
    const told = (finish: () => unknown) =>
      metricsOf(data, meanSquaredError(), { ...withinOne, finish: finish as () => number });
    expect(told(() => Float64Array.of(1, 0 / 0))).toMatchObject({ 'within-one': [1, null] });
    expect(told(() => Promise.resolve(1))).toMatchObject({ 'within-one': null });
    expect(told(() => new Map())).toMatchObject({ 'within-one': null });
    const circle: unknown[] = [1];
    circle.push(circle);
    expect(told(() => circle)).toMatchObject({ 'within-one': [1, [1, expect.anything()]] });
  });

  test('that gives labels is refused with what makes numbers of them', () => {
    const labels = metric('labels', { build: (_, target) => ({ target }), finish: () => 1 });
    expect(() => metricsOf(labelled(oneHots(3, [0, 1]), [0, 1]), crossEntropy(), labels)).toThrow(
      /target must be numbers .*, got class labels, of which oneHot makes numbers/,
    );
  });

  test('whose sum is not finite is an error that names both', () => {
    const broken = metric('broken', {
      build: (output) => ({ logs: log(mul(output, 0)) }),
      finish: () => 1,
    });
    expect(() => metricsOf(data, meanSquaredError(), broken)).toThrow(
      'evaluate: the sum logs of the metric broken is -Infinity after step 0',
    );
  });

  test.each<[string, () => unknown, RegExp]>([
    ['without functions', () => metric('m', {} as never), /expected the name of one, or an object/],
    ['called as none may be', () => metric('My Metric', withinOne), /is no name of a metric/],
    ['called loss', () => metric('loss', withinOne), /and not loss/],
    [
      'called as a built-in one',
      () => metricsOf(data, meanSquaredError(), { ...withinOne, name: 'r2' }),
      /r2 is the name of a built-in metric/,
    ],
    ['given twice', () => metricsOf(data, meanSquaredError(), withinOne, withinOne), /two metrics/],
    [
      'that gives no tensors',
      () => metricsOf(data, meanSquaredError(), { ...withinOne, build: (x) => x as never }),
      /build must return an object of tensors/,
    ],
    [
      'that gives a constant',
      () => metricsOf(data, meanSquaredError(), { ...withinOne, build: () => ({ a: 3 as never }) }),
      /a must be numbers for each sample, \[N, …\], got 3/,
    ],
  ])('%s is refused', (_, work, message) => {
    expect(work).toThrow(message);
  });
});

test('every built-in metric is told of some data here', async () => {
  const { readFileSync } = await import('node:fs');
  const text = readFileSync(new URL(import.meta.url), 'utf8');
  for (const name of metricNames()) {
    const plain = name.replace(/-per-class$/, '').replace('top-5', 'top-2');
    expect(text, name).toContain(`'${plain}'`);
  }
});

describe('two classes with one output', () => {
  const logits = [2, -1, 0.5, -3, 1, -0.2];
  const labels = [1, 1, 0, 0, 1, 0];
  const data: DatasetInput = {
    ...labelled(
      logits.map((logit) => [logit]),
      labels,
    ),
    ...{ classes: 2, classNames: ['ham', 'spam'] },
  };
  const all = [...EACH, 'confusion-matrix', 'log-loss'];

  test('measure as targets of 0 and 1 do', () => {
    const values = numbers(
      logits.map((logit) => [logit]),
      labels.map((label) => [label]),
    );
    for (const loss of [binaryCrossEntropy(), binaryCrossEntropy({ positive: 'spam' })]) {
      expect(metricsOf(data, loss, ...all)).toEqual(
        metricsOf(values, binaryCrossEntropy(), ...all),
      );
    }
    expect(metricsOf(data, perceptron(), ...EACH)).toEqual(
      metricsOf(values, perceptron(), ...EACH),
    );
  });

  test('the other class can be the positive one; the matrix stays in the classes’ order', () => {
    const turned = {
      ...data,
      inputs: logits.map((logit) => -logit),
    };
    const loss = binaryCrossEntropy({ positive: 'ham' });
    const found = metricsOf(turned, loss, 'accuracy', 'recall', 'confusion-matrix', 'log-loss');
    const before = metricsOf(
      data,
      binaryCrossEntropy(),
      'accuracy',
      'confusion-matrix',
      'log-loss',
    );
    expect(found).toMatchObject({ ...before, recall: close(2 / 3) });
  });

  test('what is no two classes is refused', () => {
    const three = labelled([[1]], [0]);
    expect(() => metricsOf({ ...three, classes: 3 }, binaryCrossEntropy())).toThrow(
      'the data has 3 classes, this loss tells two apart',
    );
    expect(() => metricsOf(data, binaryCrossEntropy({ positive: 'spma' }))).toThrow(
      'there is no class "spma"; did you mean "spam"?',
    );
    expect(() => binaryCrossEntropy({ positive: 0.5 })).toThrow('positive is 0.5');
    expect(() => metricsOf(numbers([[1]], [[1]]), binaryCrossEntropy({ positive: 1 }))).toThrow(
      'the data has values as targets',
    );
  });
});

test('errors of targets that were prepared are told in the unit of their column', () => {
  const target = { kind: 'standardise', column: 'price', mean: 100, deviation: 20 } as const;
  const preparation = { inputs: [], targets: [target] };
  const data = { ...numbers([[0], [1]], [[1], [-1]]), preparation };
  expect(
    metricsOf(data, meanSquaredError(), 'root-mean-squared-error', 'mean-absolute-error', 'r2'),
  ).toEqual({
    ...metricsOf(numbers([[0], [1]], [[1], [-1]]), meanSquaredError(), 'r2'),
    'root-mean-squared-error': close(20 * Math.sqrt(2.5)),
    'mean-absolute-error': close(30),
  });
});
