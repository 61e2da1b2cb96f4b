// A graph stands wherever a model may, also after a way through JSON, with the same bits.
import { expect, test } from 'vitest';
import type { Dataset } from '../dataset.js';
import { evaluate } from '../evaluate.js';
import { fit } from '../fit.js';
import type { Graph } from '../graph/graph.js';
import { relu } from '../layers/activations.js';
import { dropout } from '../layers/dropout.js';
import { linear } from '../layers/linear.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { sequential } from '../model/model.js';
import { sub } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { sgd } from '../optimizers/sgd.js';
import { predict } from '../trained/predict.js';
import { attachLoss } from './attach-loss.js';
import { outputAlone } from './to-graph.js';

const data: Dataset = {
  name: 'two classes',
  samples: 20,
  inputShape: [2],
  inputs: Float32Array.from({ length: 40 }, (_, i) => ((i * 37) % 11) / 4 - 1),
  inputDivisor: 1,
  targetShape: [],
  targets: Int32Array.from({ length: 20 }, (_, i) => i % 2),
  classes: 2,
};
const model = sequential(
  (x) => sub(x, [0.25, 0.5]),
  linear(2, 8),
  relu(),
  dropout(0.25),
  linear(8, 2),
);
const graph: Graph = JSON.parse(JSON.stringify(traceModel(model, [2])));
const withLoss = attachLoss(graph, crossEntropy(), data);
const loss = crossEntropy();
const run = { data, loss, optimizer: sgd({ learningRate: 0.1 }), batchSize: 5, epochs: 2 };
const trained = fit({ ...run, model });
const { parameters } = trained;

test('to be trained', () => {
  expect(fit({ ...run, model: graph })).toEqual(trained);
});

test('to be evaluated, with its loss in it or one that is given', () => {
  const expected = evaluate({ model, loss, parameters, data });
  expect(evaluate({ model: graph, loss, parameters, data })).toEqual(expected);
  expect(evaluate({ model: withLoss, parameters, data })).toEqual(expected);
  expect(() => evaluate({ model: graph, parameters, data })).toThrow(
    'evaluate: the model has no loss; give one',
  );
  expect(() => evaluate({ model: withLoss, loss, parameters, data })).toThrow('already has one');
});

test('to be asked, where its loss is left out', () => {
  const { inputs, inputShape } = data;
  const expected = predict({ model, parameters, inputs, inputShape });
  expect(predict({ model: withLoss, parameters, inputs, inputShape })).toEqual(expected);
  expect(outputAlone(withLoss)).toEqual(graph);
  expect(() => predict({ model: graph, parameters, inputs, inputShape: [4] })).toThrow(
    'the model takes inputs of [N, 2], the data has [N, 4]',
  );
});
