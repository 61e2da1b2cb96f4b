// `--model gpt`: a language model of causal attention. What its heads are is not seen in its tensors.
import { models } from '@lockstep/core';
import { builtIn, countOf, sizeOf } from './built-in.js';

export const gpt = builtIn({
  name: 'gpt',
  flags: { width: 128, depth: 4, heads: 4, positions: 'learnt', tied: false, dropout: 0 },
  text: 'needed',
  usual: () => ({
    ...{ optimizer: 'adamw', learningRate: 0.001, weightDecay: 0.01, clipNorm: 1 },
    ...{ schedule: 'one-cycle', batchSize: 32 },
  }),
  build: ({ width, depth, ...others }, outputs, { inputShape }) =>
    models.gpt({
      ...{ vocabulary: outputs, context: inputShape[0]! },
      ...{ size: width, layers: depth, ...others },
    }),
  flagsOf: (parameters, what) => ({
    width: sizeOf(parameters, 'blocks.norm.weight', 0, 'gpt', what),
    depth: countOf(parameters, (i) => `blocks.layers.${i}.norm1.weight`),
    positions: parameters.has('positions.weight') ? 'learnt' : 'rotary',
    tied: !parameters.has('head.weight'),
  }),
});
