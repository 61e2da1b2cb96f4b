// The dropout layer.
import { checkOptions, type NoOptions, requireNumber } from '@lockstep/errors';
import type { Layer } from '../model/model.js';
import { applyOperator } from '../model/tensor.js';

/**
 * While training, zeroes each element with probability `rate` and scales the others by 1 / (1 − rate);
 * in evaluation it does nothing. A sample's mask depends on the seed, the layer, the epoch and the sample
 * only, so it is the same whichever thread or machine computes it.
 *
 * @param rate in [0, 1)
 * @throws ConfigError if it is not
 * Source: Srivastava et al., Dropout (2014).
 */
export function dropout(rate = 0.5, options: NoOptions = {}): Layer {
  checkOptions('dropout', options, {});
  requireNumber('dropout', 'rate', rate, { min: 0, below: 1 });
  return (x, scope) => applyOperator('dropout', [x], { rate, layer: scope.nextDropoutLayer() });
}
