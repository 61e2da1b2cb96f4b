// `--model mlp-mixer`: patches of a picture, mixed by linear layers.
import { models } from '@lockstep/core';
import { builtIn, countOf, sizeOf } from './built-in.js';

export const mlpMixer = builtIn({
  name: 'mlp-mixer',
  flags: { patch: 4, width: 64, depth: 4 },
  usual: () => ({
    ...{ optimizer: 'adamw', learningRate: 0.003, weightDecay: 0.01, schedule: 'one-cycle' },
  }),
  build: ({ patch, width, depth }, outputs) => models.mlpMixer({ outputs, patch, width, depth }),
  flagsOf: (parameters, what) => ({
    patch: sizeOf(parameters, 'stem.proj.weight', 2, 'mlp-mixer', what),
    width: sizeOf(parameters, 'stem.proj.weight', 0, 'mlp-mixer', what),
    depth: countOf(parameters, (i) => `blocks.${i}.norm1.weight`),
  }),
});
