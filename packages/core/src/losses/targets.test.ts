// Targets against losses: what each loss takes, what it refuses before the first step, and what is warned of.
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Dataset } from '../dataset.js';
import { DataError, ShapeError } from '../errors.js';
import { evaluate } from '../evaluate.js';
import { type FitOptions, fit } from '../fit.js';
import {
  type Activation,
  logSoftmax,
  relu,
  sigmoid,
  softmax,
  step,
} from '../layers/activations.js';
import { dropout } from '../layers/dropout.js';
import { linear } from '../layers/linear.js';
import { type Model, sequential } from '../model/model.js';
import { mean, mul, reshape, sub } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from '../network/attach-loss.js';
import { toGraph } from '../network/to-graph.js';
import { validateGraph } from '../network/validate.js';
import { sgd } from '../optimizers/sgd.js';
import { initialParameters } from '../run/parameter-values.js';
import { toyDataset } from '../testing/toy-data.js';
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { checkTargets } from './check-targets.js';
import { crossEntropy } from './cross-entropy.js';
import type { Loss } from './loss.js';
import { meanSquaredError } from './mean-squared-error.js';
import { perceptron } from './perceptron.js';
import { lossWarnings } from './warnings.js';

const LOSSES = { binaryCrossEntropy, crossEntropy, meanSquaredError, perceptron };

/** Two inputs a sample, and these targets. */
function valuesOf(...rows: readonly (readonly number[])[]): Dataset {
  const targetShape = [rows[0]!.length];
  const data = toyDataset({ samples: rows.length, inputShape: [2], targetShape });
  return { ...data, targets: Float32Array.from(rows.flat()) };
}

function options(data: Dataset, loss: Loss): FitOptions {
  return { model: linear(2, data.targetShape[0] ?? data.classes!), data, loss, optimizer: sgd() };
}

describe('targets that are values', () => {
  test.each<[keyof typeof LOSSES, readonly (readonly number[])[]]>([
    [
      'binaryCrossEntropy',
      [
        [0, 1],
        [0.5, 0.25],
        [1, 0],
      ],
    ],
    ['perceptron', [[0], [1], [1]]],
    [
      'crossEntropy',
      [
        [1, 0, 0],
        [0.5, 0.25, 0.25],
        [0.333, 0.333, 0.333],
      ],
    ],
    ['meanSquaredError', [[-1], [255], [1e20]]],
  ])('%s takes what it is for', (name, rows) => {
    expect(() => fit({ ...options(valuesOf(...rows), LOSSES[name]()), epochs: 0 })).not.toThrow();
  });

  test.each<[keyof typeof LOSSES, string, readonly (readonly number[])[], string]>([
    [
      'binaryCrossEntropy',
      'classes of -1 and 1',
      [[1], [1], [-1]],
      'sample 2: target 0 is -1, expected a probability in [0, 1]',
    ],
    ['binaryCrossEntropy', 'classes of 1 and 2', [[1], [2]], 'sample 1: target 0 is 2'],
    [
      'binaryCrossEntropy',
      'pixels',
      [
        [0, 0],
        [0, 255],
      ],
      'sample 1: target 1 is 255',
    ],
    [
      'binaryCrossEntropy',
      'a little too much',
      [[1], [1.0000001]],
      'sample 1: target 0 is 1.0000001',
    ],
    ['perceptron', 'classes of -1 and 1', [[1], [-1]], 'sample 1: target 0 is -1, expected 0 or 1'],
    ['perceptron', 'a probability', [[1], [0.5]], 'sample 1: target 0 is 0.5'],
    [
      'crossEntropy',
      'two classes at once',
      [
        [1, 0],
        [1, 1],
      ],
      'sample 1: targets sum to 2, expected probabilities that sum to 1',
    ],
    ['crossEntropy', 'no class', [[0, 0]], 'sample 0: targets sum to 0'],
    [
      'crossEntropy',
      'percents',
      [
        [0, 1],
        [40, 60],
      ],
      'sample 1: targets sum to 100',
    ],
    [
      'crossEntropy',
      'a negative one',
      [
        [0, 1],
        [-1, 2],
      ],
      'sample 1: target 0 is -1, expected a probability',
    ],
    ['crossEntropy', 'nearly a distribution', [[0.5, 0.49]], 'sample 0: targets sum to 0.99'],
  ])('%s refuses %s, in training, testing and evaluation', (name, _, rows, message) => {
    const loss = LOSSES[name]();
    const bad = valuesOf(...rows);
    const good = valuesOf(rows[0]!.map((__, i) => (i === 0 ? 1 : 0)));
    const each = options(bad, loss);
    const parameters = initialParameters(toGraph(each.model, { inputShape: [2] }), 0);
    for (const work of [
      () => fit(each),
      () => fit({ ...each, data: { train: good, test: bad } }),
      () => evaluate({ model: each.model, parameters, data: bad, loss }),
    ]) {
      expect(work).toThrow(DataError);
      expect(work).toThrow(`${loss.name}: dataset "toy": ${message}`);
    }
  });

  test('are checked by the loss that a graph was made with, also when it comes from a file', () => {
    const data = valuesOf([0], [1]);
    const graph = attachLoss(traceModel(linear(2, 1), [2]), binaryCrossEntropy(), data);
    const read = validateGraph(JSON.parse(JSON.stringify(graph)));
    expect(() => checkTargets(read, data)).not.toThrow();
    expect(() => checkTargets(read, valuesOf([0], [-1]))).toThrow('sample 1: target 0 is -1');
    expect(() => validateGraph({ ...graph, loss: 'mystery' })).toThrow(
      'there is no loss "mystery"',
    );
    expect(() => validateGraph({ ...graph, loss: {} })).toThrow('there is no loss an object');
  });

  test('are taken as somebody’s own loss says, whatever it is called', () => {
    const own: Loss = {
      name: 'binary-cross-entropy',
      targetFault: (values, start) => (values[start]! > 3 ? 'target 0 is above 3' : undefined),
      build: (y, t) => ({ loss: mean(mul(sub(y, t), sub(y, t))) }),
    };
    expect(() => fit(options(valuesOf([0], [-1]), own))).not.toThrow();
    expect(() => fit(options(valuesOf([0], [4]), own))).toThrow('sample 1: target 0 is above 3');
    const graph = attachLoss(traceModel(linear(2, 1), [2]), own, valuesOf([0]));
    expect(graph.loss).toBeUndefined();
  });
});

describe('outputs that cannot be right', () => {
  const labels = toyDataset({ samples: 8, inputShape: [2], classes: 2 });
  const one = toyDataset({ samples: 8, inputShape: [2], classes: 1 });

  test.each<[string, Dataset, Loss, number, string]>([
    [
      'one output under a softmax',
      valuesOf([0], [1]),
      crossEntropy(),
      1,
      'a softmax over one number is always 1',
    ],
    [
      'one output for two classes',
      labels,
      crossEntropy(),
      1,
      'so it must be [N, 2]. For two classes with one output use binaryCrossEntropy()',
    ],
    [
      'three outputs for two classes',
      labels,
      crossEntropy(),
      3,
      'the data has 2 classes, so it must be [N, 2]',
    ],
    [
      'a single class',
      one,
      crossEntropy(),
      1,
      'the data has one class, so nothing could be learnt',
    ],
    ['a single class under mse', one, meanSquaredError(), 1, 'the data has one class'],
    [
      'values for a distribution',
      valuesOf([0], [1]),
      crossEntropy(),
      3,
      'the output is [N, 3], the targets are [N, 1]; expected a probability for each class',
    ],
    [
      'a score a class for one logit',
      labels,
      binaryCrossEntropy(),
      2,
      'for two classes it must be [N, 1]',
    ],
  ])('%s', (_, data, loss, outputs, message) => {
    const work = () => fit({ ...options(data, loss), model: linear(2, outputs) });
    expect(work).toThrow(ShapeError);
    expect(work).toThrow(message);
  });
});

describe('a last layer that the loss applies once more', () => {
  const data = valuesOf([0, 1], [1, 0]);
  const warningsOf = (model: Model, loss: Loss): string[] => {
    const graph = attachLoss(traceModel(model, [2]), loss, data);
    return lossWarnings(validateGraph(JSON.parse(JSON.stringify(graph))));
  };
  const TAKERS = [binaryCrossEntropy(), crossEntropy(), perceptron()];
  const LAYERS: readonly [string, Activation][] = [
    ['softmax', softmax],
    ['logSoftmax', logSoftmax],
    ['sigmoid', sigmoid],
    ['step', step],
  ];

  test.each(LAYERS)('%s is named, under each loss that takes scores', (name, layer) => {
    for (const loss of TAKERS) {
      expect(warningsOf(sequential(linear(2, 3), relu(), linear(3, 2), layer()), loss)).toEqual([
        expect.stringMatching(
          `^the model ends in a ${name} \\(the layer after "2.bias"\\), and ${loss.name} applies a `,
        ),
      ]);
    }
  });

  test('is seen through what only moves values', () => {
    const model = sequential(linear(2, 2), softmax(), dropout(0.1), (x) =>
      reshape(reshape(x, [1, 2]), [2]),
    );
    expect(warningsOf(model, crossEntropy())).toHaveLength(1);
    expect(warningsOf(softmax(), crossEntropy())).toEqual([
      expect.stringMatching(/^the model ends in a softmax, and cross-entropy/),
    ]);
  });

  test('is right under mse, and within the model', () => {
    expect(warningsOf(sequential(linear(2, 2), softmax()), meanSquaredError())).toEqual([]);
    for (const loss of TAKERS) {
      expect(warningsOf(sequential(linear(2, 2), sigmoid(), linear(2, 2)), loss)).toEqual([]);
    }
  });

  test('a softmax over one number is told wherever it is, whatever the loss', () => {
    const one = valuesOf([0], [1]);
    const ends: Model[] = [
      sequential(linear(2, 1), softmax()),
      sequential(linear(2, 1), softmax(), linear(1, 1)),
    ];
    for (const model of ends) {
      const graph = attachLoss(traceModel(model, [2]), meanSquaredError(), one);
      expect(lossWarnings(graph)).toEqual([
        expect.stringMatching(
          /^the model has a softmax \(the layer after "0.bias"\) over one number, which is always 1: /,
        ),
      ]);
    }
  });

  const bad = { ...options(data, crossEntropy()), model: sequential(linear(2, 2), softmax()) };
  const parameters = initialParameters(traceModel(bad.model, [2]), 0);
  const { model, loss } = bad;
  afterEach(() => vi.restoreAllMocks());

  test('is told once, before the first step, to the console or to who listens', () => {
    const consoled = vi.spyOn(console, 'warn').mockImplementation(() => {});
    fit({ ...bad, epochs: 3 });
    evaluate({ model, loss, parameters, data });
    expect(consoled.mock.calls).toEqual([
      [expect.stringMatching(/^warning: the model ends in a softmax/)],
      [expect.stringMatching(/^warning: the model ends in a softmax/)],
    ]);
    const told: string[] = [];
    const onWarning = (warning: string) => told.push(warning);
    fit({ ...bad, onWarning, onEpoch: () => told.push('epoch') });
    evaluate({ model, loss, parameters, data, onWarning });
    expect(told.map((text) => text.slice(0, 9))).toEqual(['the model', 'epoch', 'the model']);
    expect(consoled).toHaveBeenCalledTimes(2);
  });
});
