// Normalisation by the statistics of a shard, and of groups of a sample's channels.
import { add, applyOperator, type Tensor } from '../../model/tensor.js';
import { isBatched, product } from '../../shape.js';
import type { Part } from './part.js';

export const normalisation: Part = (growth, { tensor: x, bound }) => {
  if (x.shape.length < 2 || !isBatched(x.shape)) return;
  const { random } = growth;
  const [, channels, ...places] = x.shape as number[];
  const parameter = (): Tensor => growth.parameter([channels!]);
  const affine = Array.from({ length: random.integer(0, 2) }, parameter);
  // Well away from 0, where what is left of a variance is rounding.
  const epsilon = 1;
  random.pick([
    () => {
      const mean = applyOperator('shardMean', [x, parameter()]);
      const positive = add(applyOperator('sigmoid', [parameter()]), 0.5);
      const variance = applyOperator('shardVariance', [x, mean, positive]);
      growth.add(applyOperator('batchNorm', [x, mean, variance, ...affine], { epsilon }), 8);
    },
    () => {
      const groups = random.pick([1, channels!]);
      const inner = product(places);
      const attributes = { shape: x.shape, axis: 1, groups, centred: 1, inner, epsilon };
      const record = applyOperator('groupNorm', [x, ...affine], attributes);
      growth.add(applyOperator('recordOutput', [record], { shape: x.shape }), 2 * bound + 8);
    },
  ])();
};
