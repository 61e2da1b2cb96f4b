import { expect, test } from 'vitest';
import { sequential } from '../model/model.js';
import { traceModel } from '../model/trace.js';
import { predict } from '../trained/predict.js';
import { relu } from './activations.js';
import { linear } from './linear.js';
import { residual } from './residual.js';

test('what the layer gives is added, under the names of its place', () => {
  const model = residual(sequential({ a: linear(2, 2), act: relu() }));
  const graph = traceModel(sequential({ block: model }), [2]);
  expect(graph.parameters.map(({ name }) => name)).toEqual(['block.a.weight', 'block.a.bias']);
  const parameters = new Map([
    ['block.a.weight', { shape: [2, 2], data: Float32Array.of(1, 0, 0, -1) }],
    ['block.a.bias', { shape: [2], data: Float32Array.of(0, 0) }],
  ]);
  expect([...predict({ model: graph, parameters, inputs: [[3, 5]], inputShape: [2] })]).toEqual([
    6, 5,
  ]);
});

test('a shortcut makes the other way fit', () => {
  const model = residual(linear(2, 3), { shortcut: linear(2, 3, { bias: false }) });
  expect(traceModel(model, [2]).parameters.map(({ name }) => name)).toEqual([
    ...['weight', 'bias', 'downsample.weight'],
  ]);
});

test('another shape is refused, with what would help', () => {
  expect(() => traceModel(residual(linear(2, 3)), [2])).toThrow(
    'residual: the layer gives [N, 3], the input is [N, 2]; give a shortcut',
  );
  expect(() => residual(linear(2, 3), { skip: 1 } as never)).toThrow('unknown option "skip"');
});
