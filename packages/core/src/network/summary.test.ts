import { expect, test } from 'vitest';
import { relu } from '../layers/activations.js';
import { dropout } from '../layers/dropout.js';
import { flatten } from '../layers/flatten.js';
import { linear } from '../layers/linear.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { sequential } from '../model/model.js';
import { add, batchMean, sub } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from './attach-loss.js';
import { summarize } from './summary.js';

test('layers in a row: what they compute, their outputs and parameters; a loss is left out', () => {
  const model = sequential(flatten(), linear(784, 128), relu(), dropout(0.5), linear(128, 10));
  const graph = attachLoss(traceModel(model, [28, 28]), crossEntropy(), {
    targetShape: [],
    classes: 10,
  });
  const row = (name: string, operators: string[], size: number, parameters: number) => ({
    ...{ name, operators, outputShape: ['N', size], parameters },
  });
  expect(summarize(graph)).toEqual({
    inputShape: ['N', 28, 28],
    layers: [
      row('0', ['reshape'], 784, 0),
      row('1', ['matmul', 'add'], 128, 100_480),
      row('2', ['relu'], 128, 0),
      row('3', ['dropout'], 128, 0),
      row('4', ['matmul', 'add'], 10, 1290),
    ],
    parameters: 101_770,
    buffers: 0,
    constants: 0,
  });
  expect(summarize({ graph })).toEqual(summarize(graph));
});

test('layers in layers, used twice, and what is between them', () => {
  const twice = linear(3, 3);
  const graph = traceModel(
    (x, scope) => {
      const mean = scope.buffer('mean', [3], { kind: 'constant', value: 0 });
      scope.update(mean, batchMean(x));
      const inner = sequential(sequential(twice, relu()), twice);
      return add(inner(sub(x, mean), scope.child('body')), [1, 2, 3]);
    },
    [3],
  );
  const { layers, ...counts } = summarize(graph);
  expect(
    layers.map(({ name, operators, parameters }) => [name, operators.join(), parameters]),
  ).toEqual([
    ['body.0.0', 'sub,matmul,add', 12],
    ['body.0.1', 'relu', 0],
    ['body.1', 'matmul,add', 0],
    [undefined, 'add', 0],
  ]);
  expect(counts).toEqual({ inputShape: ['N', 3], parameters: 12, buffers: 3, constants: 3 });
});

test('a graph without names of layers has a row for each operator on samples', () => {
  const { layers: _, ...graph } = traceModel(sequential(linear(2, 2), relu()), [2]);
  expect(
    summarize(graph).layers.map(({ operators, parameters }) => [...operators, parameters]),
  ).toEqual([
    ['matmul', 4],
    ['add', 2],
    ['relu', 0],
  ]);
  expect(() => summarize([] as never)).toThrow('summarize: got');
});
