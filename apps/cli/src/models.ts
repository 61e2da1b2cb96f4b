// The built-in networks. A built-in is a function from flags and the number of outputs to a model; the
// size of the input is found when the model is traced.

import type { Parameters } from '@lockstep/core';
import {
  flatten,
  type Layer,
  linear,
  type Model,
  relu,
  sequential,
  sigmoid,
  tanh,
} from '@lockstep/core';
import { UsageError } from './errors.js';

const ACTIVATIONS = { relu, sigmoid, tanh } as const;

export type ActivationName = keyof typeof ACTIVATIONS;
export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as readonly ActivationName[];

export interface MlpOptions {
  /** Sizes of the hidden layers, from input to output; may be empty. */
  readonly hidden: readonly number[];
  readonly activation: ActivationName;
  /** Numbers that come out for a sample: one for each class. */
  readonly outputs: number;
}

/**
 * A multi-layer perceptron: flatten, then linear layers with an activation between each two.
 *
 * Parameters are called as in PyTorch, where the layers are an nn.Sequential in `self.layers`:
 * `layers.0.weight` [hidden[0], inputs], `layers.0.bias`, `layers.2.weight`, …
 */
export function mlp({ hidden, activation, outputs }: MlpOptions): Model {
  return (x, scope) => {
    const flat = flatten()(x, scope);
    const sizes = [flat.shape[1] as number, ...hidden, outputs];
    const layers: Layer[] = [];
    for (let i = 1; i < sizes.length; i++) {
      if (i > 1) layers.push(ACTIVATIONS[activation]());
      layers.push(linear(sizes[i - 1]!, sizes[i]!));
    }
    return sequential(...layers)(flat, scope.child('layers'));
  };
}

/**
 * The hidden sizes of the mlp that has these tensors.
 *
 * @throws UsageError if they are not an mlp's
 */
export function mlpHiddenSizes(parameters: Parameters, what: string): readonly number[] {
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
