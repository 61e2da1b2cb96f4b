// Activations. Each is one name for two uses: `relu()` is a layer, `relu(x)` works on a tensor.
import { ConfigError, describeValue, requireNumber } from '@lockstep/errors';
import { type Layer, Scope } from '../model/model.js';
import { applyOperator, Tensor } from '../model/tensor.js';

/** Without an argument a layer, with one the tensor that the activation makes of it. */
export interface Activation {
  (): Layer;
  (x: Tensor): Tensor;
}

/** @param about what somebody who gives more than a tensor may have meant */
function activation(op: string, about = ''): Activation {
  function apply(): Layer;
  function apply(x: Tensor): Tensor;
  function apply(x?: Tensor, ...more: readonly unknown[]): Layer | Tensor {
    // A model is called with a scope; `tensors.map(relu)` gives an index and the list.
    if (more.length === 1 && !(more[0] instanceof Scope)) {
      throw new ConfigError(
        `${op}: it takes a tensor only, got ${describeValue(more[0])} besides${about}`,
      );
    }
    if (x === undefined) return (input: Tensor) => applyOperator(op, [input]);
    return applyOperator(op, [x]);
  }
  return apply;
}

/** max(x, 0). */
export const relu: Activation = activation('relu');

/** 1 / (1 + e⁻ˣ), exact 0 and 1 at the far ends. */
export const sigmoid: Activation = activation('sigmoid');

/** Hyperbolic tangent. */
export const tanh: Activation = activation('tanh');

/**
 * x · Φ(x), with Φ the normal distribution function: the exact form.
 * Source: Hendrycks, Gimpel, Gaussian Error Linear Units (2016).
 */
export const gelu: Activation = activation('gelu');

/** 1 where x > 0, else 0: the threshold of a perceptron. No gradient flows through it. */
export const step: Activation = activation('step');

const LAST_AXIS = '; it is over the last axis';

/** Softmax over the last axis. `crossEntropy` wants logits: do not put this before it. */
export const softmax: Activation = activation('softmax', LAST_AXIS);

/** Logarithm of the softmax over the last axis. */
export const logSoftmax: Activation = activation('logSoftmax', LAST_AXIS);

/** x where x > 0, else slope · x: a layer without a tensor. @throws ConfigError if the slope is not finite */
export function leakyRelu(slope?: number): Layer;
export function leakyRelu(x: Tensor, slope?: number): Tensor;
export function leakyRelu(first: Tensor | number = 0.01, second = 0.01): Layer | Tensor {
  const isTensor = first instanceof Tensor;
  const slope = requireNumber('leakyRelu', 'slope', isTensor ? second : first);
  // The sign of a zero does not survive JSON, so it is dropped at once.
  const attributes = { slope: slope + 0 };
  return isTensor
    ? applyOperator('leakyRelu', [first], attributes)
    : (x: Tensor) => applyOperator('leakyRelu', [x], attributes);
}
