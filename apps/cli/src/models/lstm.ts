// `--model lstm`: of a text a language model; else a network of series, which are steps [T, F], steps of one number [T], or
// pictures of one channel, read row by row.
import { type Dataset, type Model, models, reshape, ShapeError } from '@lockstep/core';
import { builtIn, countOf, sizeOf } from './built-in.js';

export const lstm = builtIn({
  name: 'lstm',
  flags: { width: 128, depth: 1, dropout: 0 },
  text: 'taken',
  usual: () => ({ optimizer: 'adam', learningRate: 0.002, clipNorm: 1, schedule: 'one-cycle' }),
  build: ({ width, depth, dropout }, outputs, data) => {
    const sizes = { size: width, layers: depth, dropout };
    return data.vocabulary === undefined
      ? ofSeries(sizes, outputs, data)
      : models.lstm({ ...sizes, vocabulary: data.vocabulary, embedding: width });
  },
  flagsOf: (parameters, what) => ({
    width: sizeOf(parameters, 'lstm.weight_hh_l0', 1, 'lstm', what),
    depth: countOf(parameters, (i) => `lstm.weight_hh_l${i}`),
  }),
});

function ofSeries(
  sizes: { readonly size: number; readonly layers: number; readonly dropout: number },
  outputs: number,
  { inputShape }: Dataset,
): Model {
  const steps = inputShape.length === 3 && inputShape[0] === 1 ? inputShape.slice(1) : inputShape;
  const [length, features = 1, ...more] = steps;
  if (length === undefined || more.length > 0) {
    throw new ShapeError(
      `lstm: samples are [${inputShape.join(', ')}]; expected a text (--text FILE), series [steps, features] or [steps], or pictures of one channel`,
    );
  }
  const network = models.lstm({ ...sizes, features, outputs });
  return (x, scope) => network(reshape(x, [length, features]), scope);
}
