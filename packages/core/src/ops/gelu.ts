// x · Φ(x), with Φ the normal distribution function (the exact form, PyTorch's default).
// Source: Hendrycks, Gimpel, Gaussian Error Linear Units (2016).
import { exp } from '../math/elementary.js';
import { unaryGradientOperator, unaryOperator } from './unary.js';

const INVERSE_SQRT_PI = 0.5641895835477563;
const INVERSE_SQRT_2PI = 0.3989422804014327;

/** Complementary error function for x ≥ 0 in float64: a series below 2.5, a continued fraction above. */
function erfc(x: number): number {
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - 2 * INVERSE_SQRT_PI * exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = (n * 0.5) / (x + fraction);
  return (exp(-x * x) * INVERSE_SQRT_PI) / (x + fraction);
}

function normalCdf(x: number): number {
  const half = 0.5 * erfc(Math.abs(x) * Math.SQRT1_2);
  return x > 0 ? 1 - half : half;
}

/** 0 where y is 0, an infinite x notwithstanding. */
function times(x: number, y: number): number {
  return y === 0 ? 0 : x * y;
}

export const gelu = unaryOperator({
  name: 'gelu',
  // x · ½ (1 + erf(x / √2)): there is a Gelu from opset 20 on only.
  onnx({ builder, inputs: [x] }) {
    const erf = builder.add('Erf', [builder.add('Mul', [x!.name, builder.scalar(Math.SQRT1_2)])]);
    const twice = builder.add('Mul', [x!.name, builder.add('Add', [erf, builder.scalar(1)])]);
    return builder.add('Mul', [twice, builder.scalar(0.5)]);
  },
  gradient: ({ builder, inputs: [x], dOutput }) => builder.add('geluGrad', [dOutput, x!]),
  scalar: (x) => times(x, normalCdf(x)),
});

export const geluGrad = unaryGradientOperator({
  name: 'geluGrad',
  scalar: (dy, x) => dy * (normalCdf(x) + times(x, INVERSE_SQRT_2PI * exp(-0.5 * x * x))),
});
