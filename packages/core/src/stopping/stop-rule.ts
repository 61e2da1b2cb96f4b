// When a run ends before its last epoch, and which epoch's weights it gives: plain data that is part of the run.
// Invariant: what is in a rule is complete, so that whoever reads it judges the same. Not here: the judging (judge.ts), and
// what makes a rule of options (choose-rule.ts).
import { requireChoice, requireInteger, requireNumber } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import type { Better } from '../metrics/metric.js';

/** A metric as epochs are told: `loss` of test data, `validation.accuracy`, or `trainLoss`. */
export interface WatchedMetric {
  readonly metric: string;
  readonly better: Better;
}

export interface MetricTarget extends WatchedMetric {
  readonly value: number;
}

/** When a run ends before its last epoch, and whose weights it gives: data. */
export interface StopRule {
  /** What epochs are compared by; null where nothing is evaluated. */
  readonly monitor: WatchedMetric | null;
  /** The run ends after so many epochs in a row that are no better by more than `minDelta`; null: it does not. */
  readonly patience: number | null;
  readonly minDelta: number;
  /** Whose weights the run gives: the last epoch's, or the best one's. */
  readonly keep: 'last' | 'best';
  /** The run ends after an epoch that reaches all of these; empty: it does not. */
  readonly target: readonly MetricTarget[];
  /** The run ends after the step that is under way then, counted anew when it is resumed; null: it does not. */
  readonly maxSeconds: number | null;
}

/** Why a run has ended: it came to its last epoch, a rule ended it, somebody asked it to, or its time was over. */
export type Stopped = 'epochs' | 'patience' | 'target' | 'asked' | 'time';

export const NO_RULE: StopRule = {
  monitor: null,
  patience: null,
  minDelta: 0,
  keep: 'last',
  target: [],
  maxSeconds: null,
};

/** 23 days: timers count milliseconds in 31 bits. */
const MOST_SECONDS = 2_000_000;
export const MOST_PATIENCE = 0x7fff_ffff;

/** @throws ConfigError */
export function requireSeconds(operation: string, value: unknown): number {
  return requireNumber(operation, 'maxSeconds', value, { above: 0, max: MOST_SECONDS });
}

/**
 * A rule as it comes back from a file or another machine.
 *
 * @throws ConfigError that says what is wrong
 */
export function validateStopRule(json: unknown): StopRule {
  const value = object('stopping', json);
  const { monitor, patience, target, maxSeconds } = value;
  if (!Array.isArray(target)) throw new ConfigError('stopping: target is no list');
  return {
    monitor: monitor === null ? null : watched('monitor', monitor),
    patience:
      patience === null ? null : requireInteger('stopping', 'patience', patience, 1, MOST_PATIENCE),
    minDelta: requireNumber('stopping', 'minDelta', value.minDelta, { min: 0 }),
    keep: requireChoice('stopping', 'keep', value.keep, ['last', 'best']),
    target: target.map((one: unknown) => ({
      ...watched('target', one),
      value: requireNumber('stopping', 'target', object('target', one).value),
    })),
    maxSeconds: maxSeconds === null ? null : requireSeconds('stopping', maxSeconds),
  };
}

function watched(what: string, json: unknown): WatchedMetric {
  const { metric, better } = object(what, json);
  if (typeof metric !== 'string' || metric === '' || metric.length > 128) {
    throw new ConfigError(`stopping: ${what} names no metric`);
  }
  return { metric, better: requireChoice('stopping', what, better, ['larger', 'smaller']) };
}

function object(what: string, json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as Record<string, unknown>;
  }
  throw new ConfigError(`stopping: ${what} is ${String(json)}, expected an object`);
}
