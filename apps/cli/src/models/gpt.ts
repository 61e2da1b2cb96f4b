// `--model gpt`: a language model of causal attention. What its heads are is not seen in its tensors.
import { models } from '@lockstep/core';
import { builtIn, countOf, sizeOf } from './built-in.js';

export const gpt = builtIn({
  name: 'gpt',
  flags: { width: 128, depth: 4, heads: 4, dropout: 0 },
  text: 'needed',
  usual: () => ({
    ...{ optimizer: 'adamw', learningRate: 0.001, weightDecay: 0.01, clipNorm: 1 },
    schedule: 'one-cycle',
  }),
  build: ({ width, depth, heads, dropout }, outputs, { inputShape }) =>
    models.gpt({
      ...{ vocabulary: outputs, context: inputShape[0]! },
      ...{ size: width, layers: depth, heads, dropout },
    }),
  flagsOf: (parameters, what) => ({
    width: sizeOf(parameters, 'positions.weight', 1, 'gpt', what),
    depth: countOf(parameters, (i) => `blocks.layers.${i}.norm1.weight`),
  }),
});
