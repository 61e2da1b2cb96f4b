// Cosine annealing, one half wave without restarts.
// Source: Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, eq. 5.

import { checkOptions, requireNumber } from '@lockstep/errors';
import { cos } from '../math/elementary.js';
import { checkLength, type Length, stepsOf } from './length.js';

/** Half a cosine wave from the base down to `minimum`, reached at its end and kept. Without a length: at the run's end. */
export interface CosineSchedule extends Length {
  readonly kind: 'cosine';
  readonly minimum: number;
}

/**
 * From the base learning rate down to `minimum` in `steps` steps or in `epochs`, then `minimum`; without either, down to
 * the end of the run.
 * PyTorch's CosineAnnealingLR, except that PyTorch's rises again after the end.
 *
 * @param options.minimum a learning rate; 0 by default
 * @throws ConfigError unless steps ≥ 1, epochs > 0, one of them at most is given, and minimum ≥ 0
 */
export function cosineSchedule(options: Length & { minimum?: number } = {}): CosineSchedule {
  checkOptions('cosine schedule', options, { steps: true, epochs: true, minimum: true });
  const { minimum = 0 } = options;
  return {
    kind: 'cosine',
    ...checkLength('cosine schedule', options),
    minimum: requireNumber('cosine schedule', 'minimum', minimum, { min: 0 }),
  };
}

export function cosineRate(schedule: CosineSchedule, base: number, step: number): number {
  const steps = stepsOf('cosine', schedule.steps);
  if (step >= steps) return schedule.minimum;
  return annealCosine(base, schedule.minimum, step / steps);
}

/** From `start` at fraction 0 to `end` at fraction 1 along half a cosine wave. */
export function annealCosine(start: number, end: number, fraction: number): number {
  return end + ((start - end) / 2) * (1 + cos(Math.PI * fraction));
}
