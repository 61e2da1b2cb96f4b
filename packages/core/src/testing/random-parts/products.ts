// Matrix products: with a parameter, stored either way round, and one product per leading index.
import { matmul, transpose } from '../../model/tensor.js';
import { isBatched } from '../../shape.js';
import type { Part } from './part.js';

export const linear: Part = (growth, { tensor: x, bound }) => {
  const features = x.shape.at(-1);
  if (x.shape.length < 2 || features === 'N') return;
  const outputs = growth.random.pick([1, 2, 3, 5, 8, 13, 17]);
  // Stored transposed, as a linear layer's weight, or used as it is, or both.
  const weight = growth.random.pick([
    () => transpose(growth.parameter([outputs, features as number])),
    () => growth.parameter([features as number, outputs]),
  ])();
  growth.add(matmul(x, weight), bound * (features as number));
};

export const batchProduct: Part = (growth, { tensor: x, bound }) => {
  if (x.shape.length < 3) return;
  const { random } = growth;
  const inner = x.shape.at(-1) as number;
  random.pick([
    () => growth.add(matmul(x, transpose(x)), bound * bound * inner),
    // Another matrix for each leading index, or for some of them alike.
    () => {
      const leading = x.shape.slice(isBatched(x.shape) ? 1 : 0, -2) as number[];
      const stretched = leading.map((dim) => (random.next() < 0.4 ? 1 : dim));
      growth.add(matmul(x, growth.parameter([...stretched, inner, 3])), bound * inner);
    },
  ])();
};
