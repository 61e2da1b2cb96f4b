// The multi-layer perceptron: what everybody begins with.
import { checkOptions, requireChoice, requireInteger } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { relu, sigmoid, tanh } from '../layers/activations.js';
import { flatten } from '../layers/flatten.js';
import { linear } from '../layers/linear.js';
import { type Layer, type Model, sequential } from '../model/model.js';
import { MAX_ELEMENTS } from '../shape.js';

const ACTIVATIONS = { relu, sigmoid, tanh } as const;

/** What stands between two linear layers of an `mlp`. */
export type MlpActivation = keyof typeof ACTIVATIONS;
export const MLP_ACTIVATIONS = Object.keys(ACTIVATIONS) as readonly MlpActivation[];

/** What `models.mlp` takes. */
export interface MlpOptions {
  /** Numbers that come out for a sample: one for each class. */
  readonly outputs: number;
  /** Sizes of the hidden layers, from input to output; may be empty. Default [128, 64]. */
  readonly hidden?: readonly number[];
  /** Default relu. */
  readonly activation?: MlpActivation;
}

/**
 * A multi-layer perceptron: flatten, then linear layers with an activation between each two. Samples may have any shape.
 *
 * Parameters are called as in PyTorch, where the layers are an nn.Sequential in `self.layers`:
 * `layers.0.weight` [hidden[0], inputs], `layers.0.bias`, `layers.2.weight`, …
 *
 * @throws ConfigError if a size is no whole number of at least 1, or there is no such activation
 */
export function mlp(options: MlpOptions): Model {
  checkOptions('mlp', options, { outputs: true, hidden: true, activation: true });
  const { outputs, hidden = [128, 64], activation = 'relu' } = options;
  requireInteger('mlp', 'outputs', outputs, 1, MAX_ELEMENTS);
  if (!Array.isArray(hidden)) {
    throw new ConfigError('mlp: hidden must be a list of sizes such as [128, 64]');
  }
  for (const [i, size] of hidden.entries()) {
    requireInteger('mlp', `hidden[${i}]`, size, 1, MAX_ELEMENTS);
  }
  requireChoice('mlp', 'activation', activation, MLP_ACTIVATIONS);
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
