// The schedules that multiply the learning rate by a factor again and again, and the one that leaves it
// alone. Closed forms: the rate of any step is computed from the step alone.

import { checkOptions, type NoOptions, requireInteger, requireNumber } from '@lockstep/errors';
import { exp, log, powInteger } from '../math/elementary.js';

/** The base learning rate at every step. */
export interface ConstantSchedule {
  readonly kind: 'constant';
}

/** base × gamma^floor(step / every). */
export interface StepSchedule {
  readonly kind: 'step';
  readonly every: number;
  readonly gamma: number;
}

/** base × gamma^(step / every), falling smoothly between the multiples of `every`. */
export interface ExponentialSchedule {
  readonly kind: 'exponential';
  readonly every: number;
  readonly gamma: number;
}

/** The base learning rate at every step. */
export function constantSchedule(options: NoOptions = {}): ConstantSchedule {
  checkOptions('constant schedule', options, {});
  return { kind: 'constant' };
}

/**
 * The learning rate times `gamma` after every `every` steps. PyTorch's StepLR.
 *
 * @throws ConfigError unless every ≥ 1 and gamma > 0
 */
export function stepSchedule(options: { every: number; gamma: number }): StepSchedule {
  checkOptions('step schedule', options, { every: true, gamma: true });
  return {
    kind: 'step',
    every: requireInteger('step schedule', 'every', options.every, 1),
    gamma: requireNumber('step schedule', 'gamma', options.gamma, { above: 0 }),
  };
}

/**
 * The learning rate times `gamma` per `every` steps, smoothly. With every = 1 PyTorch's ExponentialLR.
 *
 * @throws ConfigError unless every ≥ 1 and gamma > 0
 */
export function exponentialSchedule(options: {
  gamma: number;
  every?: number;
}): ExponentialSchedule {
  checkOptions('exponential schedule', options, { gamma: true, every: true });
  const { gamma, every = 1 } = options;
  return {
    kind: 'exponential',
    every: requireInteger('exponential schedule', 'every', every, 1),
    gamma: requireNumber('exponential schedule', 'gamma', gamma, { above: 0 }),
  };
}

export function constantRate(_schedule: ConstantSchedule, base: number): number {
  return base;
}

export function stepRate(schedule: StepSchedule, base: number, step: number): number {
  return base * powInteger(schedule.gamma, Math.floor(step / schedule.every));
}

export function exponentialRate(schedule: ExponentialSchedule, base: number, step: number): number {
  const within = step % schedule.every;
  const whole = base * powInteger(schedule.gamma, (step - within) / schedule.every);
  return within === 0 ? whole : whole * exp((log(schedule.gamma) * within) / schedule.every);
}
