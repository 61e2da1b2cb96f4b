// The same numbers in other shapes and orders, several times or beside others; and sums and maxima over axes.
import { concat } from '../../model/joining.js';
import {
  applyOperator,
  broadcast,
  max,
  mean,
  reshape,
  sum,
  transpose,
} from '../../model/tensor.js';
import { isBatched, product, sameShape, sampleShape } from '../../shape.js';
import type { Part } from './part.js';

export const reduction: Part = (growth, { tensor: x, bound }) => {
  const { random } = growth;
  const first = isBatched(x.shape) ? 1 : 0;
  const axes = x.shape.map((_, axis) => axis).slice(first);
  const chosen = axes.filter(() => random.next() < 0.6);
  const keepDims = random.next() < 0.5;
  const options = { axes: chosen, keepDims };
  const size = product(chosen.map((axis) => x.shape[axis] as number));
  random.pick([
    () => growth.add(sum(x, options), bound * size),
    () => growth.add(mean(x, options), bound),
    () => growth.add(max(x, options), bound),
  ])();
};

export const arrangement: Part = (growth, { tensor: x, bound }) => {
  const { random } = growth;
  const dims = sampleShape(x.shape);
  random.pick([
    () => growth.add(reshape(x, [-1]), bound),
    () => growth.add(reshape(x, [1, -1]), bound),
    () => dims.length > 1 && growth.add(transpose(x), bound),
    () => {
      if (dims.length === 0) return;
      const axis = random.integer(1, dims.length) - (isBatched(x.shape) ? 0 : 1);
      const same = growth.pool.filter(({ tensor }) => sameShape(tensor.shape, x.shape));
      const others = [random.pick(same), random.pick(same)];
      const tensors = [x, ...others.map(({ tensor }) => tensor)];
      growth.add(concat(tensors, axis), Math.max(bound, ...others.map((other) => other.bound)));
    },
    () => {
      if (dims.length === 0) return;
      const axis = x.shape.length - random.integer(1, dims.length);
      const size = x.shape[axis] as number;
      const start = random.integer(0, size - 1);
      const length = random.integer(1, size - start);
      growth.add(applyOperator('slice', [x], { axis, start, length }), bound);
    },
    () => {
      if (dims.length === 0) return;
      const axis = x.shape.length - random.integer(1, dims.length);
      const [before, after] = [random.integer(0, 2), random.integer(0, 2)];
      growth.add(applyOperator('pad', [x], { axis, before, after }), bound);
    },
    () => {
      if (dims.length === 3) growth.add(reshape(x, [dims[0]! * dims[1]!, dims[2]!]), bound);
    },
    () => {
      if (dims.length < 5) growth.add(reshape(x, [...dims, 1]), bound);
    },
    () => {
      if (dims.length > 2) return;
      const wide = random.integer(2, 4);
      const shape = [wide, ...dims];
      if (!isBatched(x.shape)) growth.add(broadcast(x, ['N', ...shape]), bound);
    },
  ])();
};
