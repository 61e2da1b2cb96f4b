// Rows of an axis by numbers: some of them several times, and such as there are none of, which are zeros. By constants, and by the
// tokens of a model that reads some.
import { applyOperator, Tensor } from '../../model/tensor.js';
import { isBatched, MAX_RANK, sameShape, sampleSize } from '../../shape.js';
import { MOST_ELEMENTS, type Part } from './part.js';

export const taking: Part = (growth, x) => {
  const byTokens = growth.tokens !== undefined && growth.random.next() < 0.7;
  (byTokens ? gather : take)(growth, x);
};

/** By a list, the same for all samples. */
const take: Part = (growth, { tensor: x, bound }) => {
  const { random } = growth;
  const first = isBatched(x.shape) ? 1 : 0;
  if (x.shape.length === first) return;
  const axis = random.integer(first, x.shape.length - 1);
  const last = (x.shape[axis] as number) - (growth.takesNone ? 0 : 1);
  const rows = Array.from({ length: random.integer(1, 5) }, () => random.integer(0, last));
  const list = new Tensor(x.builder, x.builder.constantTensor(rows, [rows.length]));
  growth.add(applyOperator('take', [x, list], { axis }), bound);
};

/** By the numbers of each sample. */
const gather: Part = (growth, { tensor: x, bound }) => {
  const { tokens, random } = growth;
  if (!tokens) return;
  const { shape } = tokens.tensor;
  const axes = x.shape.flatMap((length, axis) => {
    const isFitting = axis > 0 && sameShape(x.shape.slice(0, axis), shape.slice(0, axis));
    const hasAll = (length as number) >= tokens.vocabulary || growth.takesNone;
    return isFitting && hasAll ? [axis] : [];
  });
  if (axes.length === 0) return;
  const axis = random.pick(axes);
  const taken = [...shape, ...x.shape.slice(axis + 1)];
  if (taken.length > MAX_RANK || sampleSize(taken) > MOST_ELEMENTS) return;
  growth.add(applyOperator('gather', [x, tokens.tensor], { axis }), bound);
};
