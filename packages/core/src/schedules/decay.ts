// The schedules that multiply the learning rate by a factor again and again, and the one that leaves it
// alone. Closed forms: the rate of any step is computed from the step alone.

import { checkOptions, type NoOptions, requireInteger, requireNumber } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { exp, log, powInteger } from '../math/elementary.js';
import { stepsOf } from './length.js';

/** The base learning rate at every step. */
export interface ConstantSchedule {
  readonly kind: 'constant';
}

/** Between two factors: in steps, or in epochs. */
interface Period {
  readonly every?: number | undefined;
  readonly everyEpochs?: number | undefined;
}

/** base × gamma^floor(step / every). */
export interface StepSchedule extends Period {
  readonly kind: 'step';
  readonly gamma: number;
}

/** base × gamma^(step / every), falling smoothly between the multiples of `every`. */
export interface ExponentialSchedule extends Period {
  readonly kind: 'exponential';
  readonly gamma: number;
}

/** The base learning rate at every step. */
export function constantSchedule(options: NoOptions = {}): ConstantSchedule {
  checkOptions('constant schedule', options, {});
  return { kind: 'constant' };
}

/**
 * The learning rate times `gamma` after every `every` steps, or every `everyEpochs`. PyTorch's StepLR.
 *
 * @throws ConfigError unless every ≥ 1 or everyEpochs > 0, and gamma > 0
 */
export function stepSchedule(options: Period & { gamma: number }): StepSchedule {
  checkOptions('step schedule', options, { every: true, everyEpochs: true, gamma: true });
  return {
    kind: 'step',
    ...checkPeriod('step schedule', options),
    gamma: requireNumber('step schedule', 'gamma', options.gamma, { above: 0 }),
  };
}

/**
 * The learning rate times `gamma` per `every` steps, or per `everyEpochs`, smoothly. With every = 1, the default, PyTorch's
 * ExponentialLR.
 *
 * @throws ConfigError unless every ≥ 1 or everyEpochs > 0, and gamma > 0
 */
export function exponentialSchedule(options: Period & { gamma: number }): ExponentialSchedule {
  checkOptions('exponential schedule', options, { gamma: true, every: true, everyEpochs: true });
  const { gamma, every, everyEpochs } = options;
  const isLeftOut = every === undefined && everyEpochs === undefined;
  return {
    kind: 'exponential',
    ...checkPeriod('exponential schedule', isLeftOut ? { every: 1 } : options),
    gamma: requireNumber('exponential schedule', 'gamma', gamma, { above: 0 }),
  };
}

/** @throws ConfigError unless one of the two is given, and in its range */
function checkPeriod(operation: string, { every, everyEpochs }: Period): Period {
  if ((every === undefined) === (everyEpochs === undefined)) {
    throw new ConfigError(`${operation}: expected either every, in steps, or everyEpochs`);
  }
  return every === undefined
    ? { everyEpochs: requireNumber(operation, 'everyEpochs', everyEpochs, { above: 0 }) }
    : { every: requireInteger(operation, 'every', every, 1) };
}

export function constantRate(_schedule: ConstantSchedule, base: number): number {
  return base;
}

export function stepRate(schedule: StepSchedule, base: number, step: number): number {
  return base * powInteger(schedule.gamma, Math.floor(step / stepsOf('step', schedule.every)));
}

export function exponentialRate(schedule: ExponentialSchedule, base: number, step: number): number {
  const every = stepsOf('exponential', schedule.every);
  const within = step % every;
  const whole = base * powInteger(schedule.gamma, (step - within) / every);
  return within === 0 ? whole : whole * exp((log(schedule.gamma) * within) / every);
}
