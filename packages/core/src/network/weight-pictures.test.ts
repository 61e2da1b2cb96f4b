import { expect, it } from 'vitest';
import { relu } from '../layers/activations.js';
import { conv2d } from '../layers/conv.js';
import { convTranspose2d } from '../layers/conv-transpose.js';
import { flatten } from '../layers/flatten.js';
import { linear } from '../layers/linear.js';
import { normalize } from '../layers/normalize.js';
import { type Layer, sequential } from '../model/model.js';
import { add, mul, reshape, transpose } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { models } from '../models/models.js';
import { weightPictures } from './weight-pictures.js';

const dense = (
  name: string,
  channels: number,
  height: number,
  width: number,
  columns?: number,
) => ({
  ...{ parameter: name, channels, height, width },
  ...(columns !== undefined && { columns }),
});

it.each<[string, Layer, readonly number[], readonly object[]]>([
  [
    'mlp on one channel',
    models.mlp({ outputs: 10 }),
    [1, 28, 28],
    [dense('layers.0.weight', 1, 28, 28)],
  ],
  [
    'mlp without an axis of channels',
    models.mlp({ outputs: 10 }),
    [6, 5],
    [dense('layers.0.weight', 1, 6, 5)],
  ],
  ['mlp on colours', models.mlp({ outputs: 2 }), [3, 4, 4], [dense('layers.0.weight', 3, 4, 4)]],
  [
    'two channels, one beside the other',
    models.mlp({ outputs: 2 }),
    [2, 4, 4],
    [dense('layers.0.weight', 1, 4, 4, 2)],
  ],
  [
    'a network that normalizes',
    sequential(normalize({ mean: [1, 2, 3], std: [1, 2, 3] }), flatten(), linear(48, 2)),
    [3, 4, 4],
    [dense('2.weight', 3, 4, 4)],
  ],
  [
    'convolutions, and no dense layer behind them, though as wide as the picture',
    sequential(conv2d(1, 2, 3), relu(), conv2d(2, 4, 2, { padding: 0 }), flatten(), linear(36, 2)),
    [1, 6, 6],
    [dense('0.weight', 1, 3, 3), dense('2.weight', 1, 2, 2, 2)],
  ],
  [
    'filters of colours',
    sequential(conv2d(3, 8, 5), flatten()),
    [3, 8, 8],
    [dense('0.weight', 3, 5, 5)],
  ],
  [
    'more filters than stand in a row',
    sequential(conv2d(17, 2, 2), flatten()),
    [17, 4, 4],
    [dense('0.weight', 1, 2, 2)],
  ],
  [
    'a transposed convolution',
    sequential(convTranspose2d(1, 2, 3), flatten()),
    [1, 4, 4],
    [dense('0.weight', 1, 3, 3, 2)],
  ],
  ['filters of one pixel', sequential(conv2d(3, 8, 1), flatten()), [3, 8, 8], []],
  ['rows of a table', models.mlp({ outputs: 3 }), [16], []],
  ['a row that is written as a picture', models.mlp({ outputs: 3 }), [1, 1, 16], []],
  [
    'a dense layer behind another, as wide',
    sequential(flatten(), linear(16, 16), linear(16, 16)),
    [4, 4],
    [dense('1.weight', 1, 4, 4)],
  ],
  [
    'a dense layer that reads the pixels in another order',
    (x, scope) => linear(16, 2)(reshape(transpose(x), [16]), scope.child('a')),
    [4, 4],
    [],
  ],
  [
    'two layers that read the picture',
    (x, scope) => {
      const flat = flatten()(x, scope);
      return add(
        linear(16, 2)(flat, scope.child('a')),
        linear(16, 2)(mul(flat, 2), scope.child('b')),
      );
    },
    [4, 4],
    [dense('a.weight', 1, 4, 4), dense('b.weight', 1, 4, 4)],
  ],
])('%s', (_, model, shape, expected) => {
  expect(weightPictures(traceModel(model, shape), shape)).toEqual(expected);
});

it('a layer that is used twice is drawn once', () => {
  const twice = conv2d(1, 1, 3, { padding: 1 });
  const graph = traceModel(sequential(twice, twice, flatten()), [1, 5, 5]);
  expect(weightPictures(graph, [1, 5, 5])).toEqual([dense('0.weight', 1, 3, 3)]);
});

it('a network of tokens has none', () => {
  const graph = traceModel(
    models.gpt({ vocabulary: 5, context: 4, size: 4, heads: 1, layers: 1 }),
    [4],
    {
      vocabulary: 5,
    },
  );
  expect(weightPictures(graph, [4])).toEqual([]);
});
