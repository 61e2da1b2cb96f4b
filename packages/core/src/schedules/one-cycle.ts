// The one-cycle policy with cosine annealing. Momentum is not cycled along with it.
// Source: Smith, Topin, "Super-convergence", 2018; PyTorch's OneCycleLR (anneal_strategy='cos',
// cycle_momentum=False, three_phase=False).
import { checkOptions, requireNumber } from '@lockstep/errors';
import { annealCosine } from './cosine.js';
import { checkLength, type Length, stepsOf } from './length.js';

/** Up to `maximum`, then down to nearly nothing, both along half a cosine wave; then kept. */
export interface OneCycleSchedule extends Length {
  readonly kind: 'one-cycle';
  readonly warmFraction: number;
  readonly divFactor: number;
  readonly finalDivFactor: number;
  /** Absent: the optimizer's learning rate is the maximum. */
  readonly maximum?: number;
}

/**
 * maximum / divFactor → maximum → maximum / divFactor / finalDivFactor, which stays after the end.
 *
 * @param options.steps how many steps the cycle has; its last one has the lowest rate. Or `epochs`; without either, it
 * ends with the run
 * @param options.maximum a learning rate; absent, the optimizer's own learning rate is the maximum
 * @param options.warmFraction the part of the steps that the rise takes, in [0, 1); 0.3
 * @param options.divFactor 25
 * @param options.finalDivFactor 10,000
 * @throws ConfigError if an option is out of range
 */
export function oneCycleSchedule(
  options: Length & {
    maximum?: number;
    warmFraction?: number;
    divFactor?: number;
    finalDivFactor?: number;
  } = {},
): OneCycleSchedule {
  const operation = 'one-cycle schedule';
  checkOptions(operation, options, {
    steps: true,
    epochs: true,
    maximum: true,
    warmFraction: true,
    divFactor: true,
    finalDivFactor: true,
  });
  const { maximum, warmFraction = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
  const above = { above: 0 };
  return {
    kind: 'one-cycle',
    ...checkLength(operation, options),
    warmFraction: requireNumber(operation, 'warmFraction', warmFraction, {
      min: 0,
      below: 1,
    }),
    divFactor: requireNumber(operation, 'divFactor', divFactor, above),
    finalDivFactor: requireNumber(operation, 'finalDivFactor', finalDivFactor, above),
    ...(maximum !== undefined && {
      maximum: requireNumber(operation, 'maximum', maximum, above),
    }),
  };
}

export function oneCycleRate(schedule: OneCycleSchedule, base: number, step: number): number {
  const maximum = schedule.maximum ?? base;
  const initial = maximum / schedule.divFactor;
  const final = initial / schedule.finalDivFactor;
  const steps = stepsOf('one-cycle', schedule.steps);
  const peak = schedule.warmFraction * steps - 1;
  const last = steps - 1;
  if (step >= last) return final;
  // A rise of at most one step has no room to rise in: the cycle starts at or past its peak.
  if (step <= peak && peak > 0) return annealCosine(initial, maximum, step / peak);
  return annealCosine(maximum, final, (step - peak) / (last - peak));
}
