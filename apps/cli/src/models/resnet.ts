// `--model resnet`: the residual network for small pictures.
import { models } from '@lockstep/core';
import { builtIn, countOf, sizeOf } from './built-in.js';

export const resnet = builtIn({
  name: 'resnet',
  flags: { width: 16, depth: 1 },
  usual: () => ({
    ...{ optimizer: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: true },
    ...{ weightDecay: 0.0005, schedule: 'one-cycle' },
  }),
  build: ({ width, depth }, outputs) => models.resnet({ outputs, width, depth }),
  flagsOf: (parameters, what) => ({
    width: sizeOf(parameters, 'conv1.weight', 0, 'resnet', what),
    depth: countOf(parameters, (i) => `layer1.${i}.conv1.weight`),
  }),
});
