import { expect, test } from 'vitest';
import { fit } from '../fit.js';
import { batchNorm1d, batchNorm2d } from '../layers/batch-norm.js';
import { flatten } from '../layers/flatten.js';
import { linear } from '../layers/linear.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { type Model, sequential } from '../model/model.js';
import { sgd } from '../optimizers/sgd.js';

function warningsOf(model: Model, inputShape: readonly number[], cut: object): string[] {
  const size = inputShape.reduce((a, b) => a * b, 1);
  const told: string[] = [];
  fit({
    model,
    data: {
      ...{ name: 'rows', samples: 16, inputDivisor: 1, targetShape: [1], classes: undefined },
      ...{ inputShape, inputs: new Float32Array(16 * size), targets: new Float32Array(16) },
    },
    ...{ loss: meanSquaredError(), optimizer: sgd(), epochs: 1, ...cut },
    onWarning: (warning) => told.push(warning),
  });
  return told;
}

test('shards in which batch normalisation sees single values are told, with the layer and what to do', () => {
  const rows = sequential({ fc: linear(3, 2), norm: batchNorm1d(2), last: linear(2, 1) });
  const expected = [
    'batch normalisation (layer norm) sees a single value of each channel in a shard, which has 1 of 4 samples, so its variance is always 0, and nothing before it learns: take batches of at least 64 samples, or fewer shards than 4',
  ];
  expect(warningsOf(rows, [3], { batchSize: 4, shards: 4 })).toEqual(expected);
  expect(warningsOf(rows, [3], { batchSize: 4, shards: 8 })).toHaveLength(1);
  expect(warningsOf(rows, [3], { batchSize: 100, shards: 16 })).toHaveLength(1);
  expect(warningsOf(rows, [3], { batchSize: 1 })[0]).toMatch(
    /take batches of at least 16 samples$/,
  );
  expect(warningsOf(rows, [3], { batchSize: 4, shards: 2 })).toEqual([]);
  expect(warningsOf(rows, [3], { batchSize: 4 })).toEqual([]);

  const pictures = sequential(batchNorm2d(2), flatten(), linear(4, 1));
  expect(warningsOf(pictures, [2, 1, 2], { batchSize: 4, shards: 4 })).toEqual([]);
  const points = sequential(batchNorm2d(2), flatten(), linear(2, 1));
  expect(warningsOf(points, [2, 1, 1], { batchSize: 4, shards: 4 })).toHaveLength(1);
});
