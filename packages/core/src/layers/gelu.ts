// The Gaussian error linear unit, exact or by a hyperbolic tangent: a layer, or a function of a tensor.
import { checkOptions, requireChoice } from '@lockstep/errors';
import { type Layer, Scope } from '../model/model.js';
import { add, applyOperator, mul, requireFloats, Tensor } from '../model/tensor.js';

/** What `gelu` takes. */
export interface GeluOptions {
  /** `'none'`, the default, for the exact form; `'tanh'` for the approximation that GPT-2 has. */
  readonly approximate?: 'none' | 'tanh' | undefined;
}

/**
 * x · Φ(x), with Φ the normal distribution function; or ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) where it is approximated.
 * A layer without a tensor.
 *
 * Source: Hendrycks, Gimpel, Gaussian Error Linear Units (2016).
 */
export function gelu(options?: GeluOptions): Layer;
export function gelu(x: Tensor, options?: GeluOptions | Scope): Tensor;
export function gelu(
  first: Tensor | GeluOptions = {},
  second: GeluOptions | Scope = {},
): Layer | Tensor {
  if (!(first instanceof Tensor)) {
    const apply = formOf(first);
    return (x: Tensor) => apply(x);
  }
  // As a layer in a row it is called with a scope.
  return formOf(second instanceof Scope ? {} : second)(first);
}

function formOf(options: GeluOptions): (x: Tensor) => Tensor {
  checkOptions('gelu', options, { approximate: true });
  const form = requireChoice('gelu', 'approximate', options.approximate ?? 'none', [
    'none',
    'tanh',
  ]);
  return form === 'tanh' ? byTanh : (x) => applyOperator('gelu', [x]);
}

function byTanh(x: Tensor): Tensor {
  requireFloats('gelu', x);
  const slope = 0.7978845608028654;
  const angle = mul(x, add(mul(mul(x, x), slope * 0.044715), slope));
  return mul(mul(x, 0.5), add(applyOperator('tanh', [angle]), 1));
}
