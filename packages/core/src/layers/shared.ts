// A layer that has its parameters wherever it is used: they are made, and named, where it is used first. As a module of
// PyTorch, which owns its parameters; a layer that is a mere function makes new ones in each place.
import { describeValue } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { callModel, Scope } from '../model/model.js';
import type { Tensor } from '../model/tensor.js';

/** A layer that may be used several times, and whose parameters others may use. */
export interface SharedLayer<Rest extends readonly unknown[] = []> {
  /** @param rest what a layer takes besides, such as what attention looks at */
  (x: Tensor, scope: Scope, ...rest: Rest): Tensor;
  /**
   * One of its parameters, to be used elsewhere in the same model: tied weights.
   *
   * @param name as the layer has it, such as `weight`
   * @param scope of the model
   * @throws ConfigError if the layer was not used before in this model, or has no such parameter
   */
  parameter(name: string, scope: Scope): Tensor;
}

/**
 * Makes one layer of a layer: used twice in a model, it has one set of parameters and buffers, whose names are those of its
 * first use, and whose gradients add up. The layers of the library that have parameters are so already.
 *
 * ```ts
 * const block = shared((x, scope) => relu(add(linear(8, 8)(x, scope), x)));
 * const model = sequential(block, block, linear(8, 1));   // 0.weight, 0.bias, 2.weight, 2.bias
 * ```
 *
 * Tied weights, of an autoencoder:
 *
 * ```ts
 * const encoder = linear(784, 32);
 * const model = (x, scope) => {
 *   const code = relu(encoder(x, scope.child('encoder')));
 *   return matmul(code, encoder.parameter('weight', scope));   // [N, 32] × [32, 784]
 * };
 * ```
 *
 * @throws ConfigError if it is given no layer
 */
export function shared<Rest extends readonly unknown[] = []>(
  layer: (x: Tensor, scope: Scope, ...rest: Rest) => Tensor,
): SharedLayer<Rest> {
  if (typeof layer !== 'function') {
    throw new ConfigError(
      `shared: expected a layer such as linear(2, 3) gives, got ${describeValue(layer)}`,
    );
  }
  const own = (x: Tensor, scope: Scope, ...rest: Rest): Tensor =>
    inFirstPlace(own, scope, (place) =>
      callModel((input, inner) => layer(input, inner, ...rest), 'shared', x, place),
    );
  return Object.assign(own, {
    parameter: (name: string, scope: Scope) => parameterOf(own, name, scope),
  });
}

/** Calls what a layer does where the layer was used first, which is here if it was not. */
export function inFirstPlace(layer: object, scope: Scope, build: (place: Scope) => Tensor): Tensor {
  requireScope('layer', scope, 'layer(x, scope)');
  const output = build(scope.placeOf(layer));
  scope.nameOutput(output);
  return output;
}

/** As `parameter` of a shared layer. */
export function parameterOf(layer: object, name: string, scope: Scope): Tensor {
  requireScope(`parameter "${name}"`, scope, `layer.parameter('${name}', scope)`);
  return scope.parameterOf(layer, name);
}

function requireScope(what: string, scope: unknown, call: string): void {
  if (scope instanceof Scope) return;
  throw new ConfigError(
    `${what}: its scope is ${describeValue(scope)}; a model hands its own on, as in (x, scope) => ${call}`,
  );
}
