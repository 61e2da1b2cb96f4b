// `--model mlp`: linear layers with an activation between each two.
import { models, type Parameters } from '@lockstep/core';
import { UsageError } from '../errors.js';
import { builtIn } from './built-in.js';

export const mlp = builtIn({
  name: 'mlp',
  flags: { hidden: [128, 64], activation: 'relu' },
  build: ({ hidden, activation }, outputs) => models.mlp({ hidden, activation, outputs }),
  flagsOf: (parameters, what) => ({ hidden: hiddenSizes(parameters, what) }),
});

function hiddenSizes(parameters: Parameters, what: string): readonly number[] {
  const sizes: number[] = [];
  for (let layer = 0; sizes.length * 2 < parameters.size; layer += 2) {
    const weight = parameters.get(`layers.${layer}.weight`);
    if (weight?.shape.length !== 2 || !parameters.has(`layers.${layer}.bias`)) {
      throw new UsageError(
        `${what}: expected the tensors of mlp (layers.0.weight, layers.0.bias, layers.2.weight, …), ` +
          `got ${[...parameters.keys()].slice(0, 8).join(', ')}. Say with --model which network they belong to`,
      );
    }
    sizes.push(weight.shape[0]!);
  }
  return sizes.slice(0, -1);
}
