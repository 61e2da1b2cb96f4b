// `--model lenet`: LeNet-5, for pictures. Its sizes are those of its pictures, so it has no flags.
import { models } from '@lockstep/core';
import { builtIn } from './built-in.js';

export const lenet = builtIn({
  name: 'lenet',
  flags: {},
  usual: () => ({ schedule: 'one-cycle', learningRate: 0.003 }),
  build: (_, outputs) => models.lenet({ outputs }),
  flagsOf: () => ({}),
});
