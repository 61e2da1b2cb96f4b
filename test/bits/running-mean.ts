// A layer with state of its own: it takes the running mean of what it has seen from its input, as far as that goes before
// the step. All that a buffer takes is in this file.
import { add, batchMean, type Layer, mul, sub, zeros } from '@lockstep/core';

/**
 * x − running_mean, with running_mean ← (1 − momentum) · running_mean + momentum · (mean over the step's batch).
 *
 * @param features of the last axis; the input is [N, features]
 */
export function runningMean(features: number, momentum = 0.25): Layer {
  return (x, scope) => {
    const mean = scope.buffer('running_mean', [features], zeros());
    const steps = scope.buffer('num_batches_tracked', [], zeros());
    scope.update(mean, add(mul(mean, 1 - momentum), mul(batchMean(x), momentum)));
    scope.update(steps, add(steps, 1));
    return sub(x, mean);
  };
}
