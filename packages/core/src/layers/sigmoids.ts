// A sigmoid's logarithm, and its piecewise linear cousin, each made of two operators: a layer without a tensor.
import type { Layer } from '../model/model.js';
import { add, div, neg, requireTensor, type Tensor } from '../model/tensor.js';
import type { Activation } from './activations.js';
import { relu6, softplus } from './activations.js';

function activation(op: string, apply: (x: Tensor) => Tensor): Activation {
  function given(): Layer;
  function given(x: Tensor): Tensor;
  function given(x?: Tensor): Layer | Tensor {
    if (x === undefined) return (input: Tensor) => apply(input);
    requireTensor(op, x);
    return apply(x);
  }
  return given;
}

/** From here on log(1 + eˣ) is x in float32 and float64. */
const FAR = 40;

/** log(1 / (1 + e⁻ˣ)), which no x makes infinite. */
export const logSigmoid: Activation = activation('logSigmoid', (x) =>
  neg(softplus(neg(x), 1, FAR)),
);

/** min(max(x + 3, 0), 6) / 6. Source: Howard et al., Searching for MobileNetV3 (2019). */
export const hardsigmoid: Activation = activation('hardsigmoid', (x) => div(relu6(add(x, 3)), 6));
