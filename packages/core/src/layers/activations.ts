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

/** 1 where x > 0, else 0: the threshold of a perceptron. No gradient flows through it. */
export const step: Activation = activation('step');

const LAST_AXIS = '; it is over the last axis';

/** Softmax over the last axis. `crossEntropy` wants logits: do not put this before it. */
export const softmax: Activation = activation('softmax', LAST_AXIS);

/** Logarithm of the softmax over the last axis. */
export const logSoftmax: Activation = activation('logSoftmax', LAST_AXIS);

/** x where x > 0, else slope · x: a layer without a tensor. @throws ConfigError if the slope is not finite */
export function leakyRelu(slope?: number): Layer;
export function leakyRelu(x: Tensor, slope?: number | Scope): Tensor;
export function leakyRelu(first?: Tensor | number, slope?: number | Scope): Layer | Tensor {
  return withNumbers('leakyRelu', first, [slope], { slope: 0.01 });
}

/** x · sigmoid(x). Source: Elfwing, Uchibe, Doya, Sigmoid-Weighted Linear Units (2018). */
export const silu: Activation = activation('silu');

/** x · min(max(x + 3, 0), 6) / 6. Source: Howard et al., Searching for MobileNetV3 (2019). */
export const hardswish: Activation = activation('hardswish');

/** Of an operator with numbers besides: a layer without a tensor, else what it makes of the tensor. */
function withNumbers(
  op: string,
  first: Tensor | number | undefined,
  rest: readonly (number | Scope | undefined)[],
  defaults: Readonly<Record<string, number>>,
): Layer | Tensor {
  // As a layer in a row, which was not called, it is given a scope.
  const isLayer = first instanceof Tensor && rest[0] instanceof Scope;
  const given = isLayer ? [] : first instanceof Tensor ? rest : [first, ...rest];
  const attributes = Object.fromEntries(
    Object.entries(defaults).map(([name, value], i) => [
      name,
      // The sign of a zero does not survive JSON, so it is dropped at once.
      requireNumber(op, name, given[i] ?? value) + 0,
    ]),
  );
  if (first instanceof Tensor) return applyOperator(op, [first], attributes);
  return (x: Tensor) => applyOperator(op, [x], attributes);
}

/**
 * x where x > 0, else alpha · (eˣ − 1), alpha 1 by default: a layer without a tensor.
 * Source: Clevert, Unterthiner, Hochreiter, Exponential Linear Units (2016).
 */
export function elu(alpha?: number): Layer;
export function elu(x: Tensor, alpha?: number | Scope): Tensor;
export function elu(first?: Tensor | number, alpha?: number | Scope): Layer | Tensor {
  return withNumbers('elu', first, [alpha], { alpha: 1 });
}

/** log(1 + exp(beta · x)) / beta, and x where beta · x > threshold; 1 and 20 by default: a layer without a tensor. */
export function softplus(beta?: number, threshold?: number): Layer;
export function softplus(x: Tensor, beta?: number | Scope, threshold?: number): Tensor;
export function softplus(
  first?: Tensor | number,
  second?: number | Scope,
  third?: number,
): Layer | Tensor {
  return withNumbers('softplus', first, [second, third], { beta: 1, threshold: 20 });
}

/** min(max(x, low), high), −1 and 1 by default: a layer without a tensor. The gradient is 0 at both ends. */
export function hardtanh(low?: number, high?: number): Layer;
export function hardtanh(x: Tensor, low?: number | Scope, high?: number): Tensor;
export function hardtanh(
  first?: Tensor | number,
  second?: number | Scope,
  third?: number,
): Layer | Tensor {
  return withNumbers('hardtanh', first, [second, third], { low: -1, high: 1 });
}

/** min(max(x, 0), 6): a layer without a tensor. */
export function relu6(): Layer;
export function relu6(x: Tensor): Tensor;
export function relu6(x?: Tensor): Layer | Tensor {
  return withNumbers('hardtanh', x, [], { low: 0, high: 6 });
}
