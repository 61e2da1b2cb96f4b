// Evaluation and prediction against the reference executor, over several chunks, with dropout off.
import { describe, expect, test } from 'vitest';
import { traitsOf } from './dataset-traits.js';
import { NonFiniteError } from './errors.js';
import { evaluate } from './evaluate.js';
import { runReference } from './execute/reference.js';
import { fit } from './fit.js';
import { relu } from './layers/activations.js';
import { dropout } from './layers/dropout.js';
import { flatten } from './layers/flatten.js';
import { gelu } from './layers/gelu.js';
import { linear } from './layers/linear.js';
import { crossEntropy } from './losses/cross-entropy.js';
import type { Loss } from './losses/loss.js';
import { meanSquaredError } from './losses/mean-squared-error.js';
import { type Model, sequential } from './model/model.js';
import { log, mean, mul, sub } from './model/tensor.js';
import { traceModel } from './model/trace.js';
import { attachLoss } from './network/attach-loss.js';
import { adam } from './optimizers/adam.js';
import { initialParameters } from './run/parameter-values.js';
import { toyDataset } from './testing/toy-data.js';
import { predict } from './trained/predict.js';

/** A dataset that must be learnt, and a network with some of everything. */
const TOY = toyDataset({ samples: 22, inputShape: [2, 3], classes: 3 });
const TOY_MODEL = sequential(flatten(), linear(6, 5), gelu(), linear(5, 3));

const DROPOUT_MODEL = sequential(flatten(), linear(6, 8), relu(), dropout(0.3), linear(8, 3));

describe('evaluation', () => {
  const data = toyDataset({ samples: 300, inputShape: [2, 3], classes: 3, seed: 4 });
  const graph = traceModel(DROPOUT_MODEL, data.inputShape);
  const parameters = initialParameters(graph, 3);
  // What dropout is in evaluation: nothing.
  const plain = traceModel(
    sequential(flatten(), linear(6, 8), relu(), (x) => x, linear(8, 3)),
    [2, 3],
  );
  const reference = runReference(attachLoss(plain, crossEntropy(), data), {
    rows: data.samples,
    precision: 'f64',
    parameters: [...parameters.values()].map(({ data }) => data),
    input: data.inputs,
    target: data.targets,
  });

  test('predicts what the reference executor computes, without dropout', () => {
    const { inputs, inputShape } = data;
    const outputs = predict({ model: DROPOUT_MODEL, parameters, inputs, inputShape });
    expect(outputs.length).toBe(900);
    // Two sums of up to 8 products of numbers below 2.
    for (const [i, value] of outputs.entries()) {
      expect(Math.abs(value - reference.output!.data[i]!)).toBeLessThan(1e-6);
    }
  });

  test('averages loss and accuracy over chunks of which the last is short', () => {
    const metrics = evaluate({ model: DROPOUT_MODEL, parameters, data, loss: crossEntropy() });
    const total = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
    // Float32 sums of 128 losses of about 1.
    expect(Math.abs(metrics.loss - total(reference.loss!.data) / 300)).toBeLessThan(1e-6);
    expect(metrics.accuracy).toBe(total(reference['metric.accuracy.correct']!.data) / 300);
  });

  test('knows no accuracy for values', () => {
    const values = toyDataset({ samples: 5, inputShape: [2, 3], targetShape: [3] });
    const options = { model: DROPOUT_MODEL, parameters, data: values };
    expect(evaluate({ ...options, loss: meanSquaredError() }).accuracy).toBeUndefined();
  });

  test('of the test data comes after each epoch', () => {
    const seen: number[] = [];
    const { epochs, parameters } = fit({
      model: TOY_MODEL,
      data: { train: TOY, test: data },
      loss: crossEntropy(),
      optimizer: adam(),
      epochs: 2,
      batchSize: 5,
      onEpoch: ({ epoch, step }) => seen.push(epoch, step),
    });
    expect(seen).toEqual([1, 5, 2, 10]);
    const { loss, accuracy, metrics } = evaluate({
      ...{ model: TOY_MODEL, parameters, data, loss: crossEntropy() },
    });
    expect(epochs[1]).toMatchObject({ testLoss: loss, testAccuracy: accuracy, metrics });
  });

  test('of data that was not trained on in this form is refused', () => {
    const options = { model: DROPOUT_MODEL, parameters, loss: crossEntropy() };
    const trainedOn = traitsOf(data);
    const on = (change: object) => () =>
      evaluate({ ...options, data: { ...data, ...change }, trainedOn });
    expect(on({})).not.toThrow();
    expect(on({ inputShape: [3, 2] })).toThrow(
      'evaluate: the data ("toy") has inputs of [3, 2], the training data has [2, 3]',
    );
    expect(on({ inputShape: [2, 3, 1] })()).toEqual(on({})());
    expect(on({ inputDivisor: 255 })).toThrow('divided by 255');
    expect(on({ classes: 4 })).toThrow('has 4 classes, the training data has 3');
  });

  test('gives no loss that is not finite', () => {
    const data = toyDataset({ samples: 300, inputShape: [3], targetShape: [3] });
    const loss = meanSquaredError();
    const ofModel = (model: Model) => () => evaluate({ model, parameters: new Map(), data, loss });
    expect(ofModel((x) => log(x))).toThrow('evaluate: the loss is NaN after step 0');
    expect(ofModel((x) => mul(x, 1e30))).toThrow('evaluate: the loss is Infinity');
    expect(ofModel((x) => log(x))).toThrow(NonFiniteError);
  });

  test('gives no accuracy that is not finite', () => {
    const data = toyDataset({ samples: 300, inputShape: [3], targetShape: [3] });
    const loss: Loss = {
      name: 'own',
      build: (output) => ({ loss: mean(output), correct: mean(log(sub(mul(output, 0), 1))) }),
    };
    const own = { model: relu(), parameters: new Map(), data, loss };
    expect(() => evaluate(own)).toThrow('the number of samples that are right is NaN after step 0');
    expect(() => evaluate(own)).toThrow(NonFiniteError);
  });

  test('works without parameters', () => {
    const outputs = predict({
      model: relu(),
      parameters: new Map(),
      inputs: Float32Array.of(-1, 2, 0.5),
      inputShape: [],
    });
    expect([...outputs]).toEqual([0, 2, 0.5]);
  });

  test('refuses inputs that are not whole samples', () => {
    const inputs = new Float32Array(7);
    expect(() => predict({ model: DROPOUT_MODEL, parameters, inputs, inputShape: [6] })).toThrow(
      'predict: 7 input values, expected whole samples of [6], at least one',
    );
  });
});
