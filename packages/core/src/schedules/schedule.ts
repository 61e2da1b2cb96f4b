// The learning rate at a step: a pure function of (schedule, base learning rate, step), so a resumed or
// replayed step has the same rate, to the bit. There is no scheduler object and nothing to advance.
// Arithmetic is float64 with this package's own cos, exp and log.
// Schedules are plain data, travel in a run's configuration and come back from JSON unchanged. A new one is its file and a
// line in the list.
import { requireKind } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { cosineRate, cosineSchedule } from './cosine.js';
import {
  constantRate,
  constantSchedule,
  exponentialRate,
  exponentialSchedule,
  stepRate,
  stepSchedule,
} from './decay.js';
import { inSteps, stepsOf } from './length.js';
import { oneCycleRate, oneCycleSchedule } from './one-cycle.js';
import { type WarmupSchedule, warmupRate, warmupSchedule } from './warmup.js';

/** By kind: what makes one of its options, and its rate at a step from 0. */
const SCHEDULES = {
  constant: { make: constantSchedule, rate: constantRate },
  step: { make: stepSchedule, rate: stepRate },
  exponential: { make: exponentialSchedule, rate: exponentialRate },
  cosine: { make: cosineSchedule, rate: cosineRate },
  'one-cycle': { make: oneCycleSchedule, rate: oneCycleRate },
  warmup: { make: warmupSchedule, rate: warmupRate },
};

type Kind = keyof typeof SCHEDULES;

/** What the learning rate is multiplied by, by step: data. */
export type Schedule =
  | ReturnType<(typeof SCHEDULES)[Exclude<Kind, 'warmup'>]['make']>
  | WarmupSchedule<Schedule>;

/** How many warm-ups a schedule from outside may chain. */
const MAX_DEPTH = 8;

/**
 * The learning rate of a step. Allocates nothing.
 *
 * @param schedule absent: constant
 * @param base the optimizer's learning rate
 * @param step the optimizer step, from 0; an integer, not checked
 * @throws ConfigError if it is in epochs, or as long as a run that is not known here
 */
export function learningRateAt(schedule: Schedule | undefined, base: number, step: number): number {
  let current = schedule;
  let within = step;
  while (current?.kind === 'warmup' && within >= stepsOf('warmup', current.steps)) {
    within -= stepsOf('warmup', current.steps);
    current = current.next;
  }
  if (current === undefined) return base;
  // Each takes its own kind only, which the list pairs.
  const { rate } = SCHEDULES[current.kind] as {
    rate(schedule: Schedule, base: number, step: number): number;
  };
  return rate(current, base, within);
}

/**
 * A schedule in steps alone, which is what a run keeps. A whole number of steps comes of epochs that are none, and what has
 * no length ends with the run.
 *
 * @param stepsPerEpoch of the run
 * @param steps of the whole run
 */
export function resolveSchedule(
  schedule: Schedule,
  stepsPerEpoch: number,
  steps: number,
): Schedule {
  switch (schedule.kind) {
    case 'constant':
      return schedule;
    case 'step':
    case 'exponential': {
      const { everyEpochs, every, ...rest } = schedule;
      const length = inSteps({ steps: every, epochs: everyEpochs }, stepsPerEpoch, steps);
      return validateSchedule({ ...rest, every: length });
    }
    case 'warmup': {
      const { epochs: _, next, ...rest } = schedule;
      const length = inSteps(schedule, stepsPerEpoch, steps);
      const left = Math.max(0, steps - length);
      return validateSchedule({
        ...{ ...rest, steps: length },
        ...(next && { next: resolveSchedule(next, stepsPerEpoch, left) }),
      });
    }
    default: {
      const { epochs: _, ...rest } = schedule;
      return validateSchedule({ ...rest, steps: inSteps(schedule, stepsPerEpoch, steps) });
    }
  }
}

/** @throws ConfigError unless it is in steps alone, as a run keeps it */
export function requireResolved(operation: string, schedule: Schedule | undefined): void {
  if (schedule === undefined || isResolved(schedule)) return;
  throw new ConfigError(
    `${operation}: the optimizer's ${schedule.kind} schedule is in epochs, or as long as what is left; a run keeps steps alone`,
  );
}

function isResolved(schedule: Schedule): boolean {
  switch (schedule.kind) {
    case 'constant':
      return true;
    case 'step':
    case 'exponential':
      return schedule.every !== undefined;
    case 'warmup':
      return (
        schedule.steps !== undefined && (schedule.next === undefined || isResolved(schedule.next))
      );
    default:
      return schedule.steps !== undefined;
  }
}

/**
 * Reads a schedule from outside (a file, a message). Options that have a default may be absent.
 *
 * @throws ConfigError if it is no schedule, has an unknown option, or one is out of range
 */
export function validateSchedule(json: unknown): Schedule {
  return validateNested(json, 1);
}

function validateNested(json: unknown, depth: number): Schedule {
  if (depth > MAX_DEPTH) {
    throw new ConfigError(`schedule: more than ${MAX_DEPTH} schedules are chained by "next"`);
  }
  const { kind, options } = requireKind('schedule', json, SCHEDULES);
  const { make } = SCHEDULES[kind] as { make(options: object): Schedule };
  const { next }: { next?: unknown } = options;
  const isChained = kind === 'warmup' && next !== undefined;
  return make(isChained ? { ...options, next: validateNested(next, depth + 1) } : options);
}
