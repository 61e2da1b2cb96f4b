// A loss that counts more or less, where several are added up.
import { requireNumber } from '@lockstep/errors';
import { mul } from '../model/tensor.js';
import type { Loss } from './loss.js';

/**
 * A loss times a number: how much it counts beside the losses of other outputs. What it says of itself, and what it counts as
 * right, stays.
 *
 * @param weight at least 0
 * @throws ConfigError if the weight is none
 */
export function weighted(loss: Loss, weight: number): Loss {
  requireNumber('weighted', 'weight', weight, { min: 0 });
  return {
    ...loss,
    build(output, target, data) {
      const tensors = loss.build(output, target, data);
      return { ...tensors, loss: mul(tensors.loss, weight) };
    },
  };
}
