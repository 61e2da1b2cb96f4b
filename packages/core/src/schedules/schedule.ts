// The learning rate at a step: a pure function of (schedule, base learning rate, step), so a resumed or
// replayed step has the same rate, to the bit. There is no scheduler object and nothing to advance.
// Arithmetic is float64 with this package's own cos, exp and log.

import { requireKind } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { cosineRate, cosineSchedule } from './cosine.js';
import {
  constantSchedule,
  exponentialRate,
  exponentialSchedule,
  stepRate,
  stepSchedule,
} from './decay.js';
import { oneCycleRate, oneCycleSchedule } from './one-cycle.js';
import type { Schedule } from './types.js';
import { warmupRate, warmupSchedule } from './warmup.js';

/** How many warm-ups a schedule from outside may chain. */
const MAX_DEPTH = 8;

/**
 * The learning rate of a step. Allocates nothing.
 *
 * @param schedule absent: constant
 * @param base the optimizer's learning rate
 * @param step the optimizer step, from 0; an integer, not checked
 */
export function learningRateAt(schedule: Schedule | undefined, base: number, step: number): number {
  let current = schedule;
  let within = step;
  while (current?.kind === 'warmup' && within >= current.steps) {
    within -= current.steps;
    current = current.next;
  }
  if (current === undefined) return base;
  switch (current.kind) {
    case 'constant':
      return base;
    case 'step':
      return stepRate(current, base, within);
    case 'exponential':
      return exponentialRate(current, base, within);
    case 'cosine':
      return cosineRate(current, base, within);
    case 'warmup':
      return warmupRate(current, base, within);
    case 'one-cycle':
      return oneCycleRate(current, base, within);
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
  const { kind, options } = requireKind('schedule', json, MAKERS);
  return MAKERS[kind](options, depth);
}

const MAKERS: Readonly<Record<Schedule['kind'], (options: object, depth: number) => Schedule>> = {
  constant: (options) => constantSchedule(options as Parameters<typeof constantSchedule>[0]),
  step: (options) => stepSchedule(options as Parameters<typeof stepSchedule>[0]),
  exponential: (options) =>
    exponentialSchedule(options as Parameters<typeof exponentialSchedule>[0]),
  cosine: (options) => cosineSchedule(options as Parameters<typeof cosineSchedule>[0]),
  'one-cycle': (options) => oneCycleSchedule(options as Parameters<typeof oneCycleSchedule>[0]),
  warmup: (options, depth) => {
    const warmup = options as Parameters<typeof warmupSchedule>[0];
    const { next } = warmup;
    return warmupSchedule({
      ...warmup,
      ...(next !== undefined && { next: validateNested(next, depth + 1) }),
    });
  },
};
