// Cosine annealing, one half wave without restarts.
// Source: Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, eq. 5.

import { checkOptions, requireInteger, requireNumber } from '@lockstep/errors';
import { cos } from '../math/elementary.js';

/** Half a cosine wave from the base down to `minimum`, reached at step `steps` and kept. */
export interface CosineSchedule {
  readonly kind: 'cosine';
  readonly steps: number;
  readonly minimum: number;
}

/**
 * From the base learning rate down to `minimum` in `steps` steps, then `minimum`.
 * PyTorch's CosineAnnealingLR, except that PyTorch's rises again after the end.
 *
 * @param options.minimum a learning rate; 0 by default
 * @throws ConfigError unless steps ≥ 1 and minimum ≥ 0
 */
export function cosineSchedule(options: { steps: number; minimum?: number }): CosineSchedule {
  checkOptions('cosine schedule', options, { steps: true, minimum: true });
  const { steps, minimum = 0 } = options;
  return {
    kind: 'cosine',
    steps: requireInteger('cosine schedule', 'steps', steps, 1),
    minimum: requireNumber('cosine schedule', 'minimum', minimum, { min: 0 }),
  };
}

export function cosineRate(schedule: CosineSchedule, base: number, step: number): number {
  if (step >= schedule.steps) return schedule.minimum;
  return annealCosine(base, schedule.minimum, step / schedule.steps);
}

/** From `start` at fraction 0 to `end` at fraction 1 along half a cosine wave. */
export function annealCosine(start: number, end: number, fraction: number): number {
  return end + ((start - end) / 2) * (1 + cos(Math.PI * fraction));
}
