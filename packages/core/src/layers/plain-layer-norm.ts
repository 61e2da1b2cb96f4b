// Layer normalisation of the last axis, of operators that there are: what transformers are normalised by.
import { constant, zeros } from '../initializers/initializer.js';
import { add, div, mean, mul, sqrt, sub } from '../model/tensor.js';
import { type SharedLayer, shared } from './shared.js';

export function layerNorm(
  size: number,
  { epsilon = 1e-5, bias = true }: { epsilon?: number; bias?: boolean } = {},
): SharedLayer {
  return shared((x, scope) => {
    const axes = x.shape.length - 1;
    const centred = sub(x, mean(x, { axes, keepDims: true }));
    const variance = mean(mul(centred, centred), { axes, keepDims: true });
    const y = mul(
      div(centred, sqrt(add(variance, epsilon))),
      scope.parameter('weight', [size], constant(1)),
    );
    return bias ? add(y, scope.parameter('bias', [size], zeros())) : y;
  });
}
