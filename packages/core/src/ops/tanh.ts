// Hyperbolic tangent.
import { exp } from '../math/elementary.js';
import { unaryGradientOperator, unaryOperator } from './unary.js';

export function hyperbolicTangent(x: number): number {
  const a = x < 0 ? -x : x;
  let y: number;
  if (a < 0.05) {
    // The series avoids the cancellation of 1 − 2/(e²ˣ + 1) near 0; its next term is below 1e−15 · x.
    const s = x * x;
    y =
      a *
      (1 + s * (-1 / 3 + s * (2 / 15 + s * (-17 / 315 + s * (62 / 2835 - (s * 1382) / 155925)))));
  } else {
    y = 1 - 2 / (exp(2 * a) + 1);
  }
  return x < 0 ? -y : y;
}

export const tanh = unaryOperator({
  name: 'tanh',
  onnx: 'Tanh',
  gradient: ({ builder, output, dOutput }) => builder.add('tanhGrad', [dOutput, output]),
  scalar: hyperbolicTangent,
});

export const tanhGrad = unaryGradientOperator({
  name: 'tanhGrad',
  scalar: (dy, y) => dy * (1 - y * y),
});
