// What somebody who watches a run is told, and may answer: 'stop' ends it there. Such an answer is not part of the run: the
// same run, watched by somebody else, may end elsewhere.
import { ConfigError } from './errors.js';
import type { EvaluationReport } from './evaluation/report.js';
import { BUFFERS, PARAMETERS } from './plan/state-layout.js';
import type { Parameters } from './run/parameter-values.js';
import type { RunState } from './run/state.js';

/** After a step. */
export interface StepReport {
  /** Steps since the start of the run, this one included. */
  readonly step: number;
  /** The epoch that it belongs to, from 1. */
  readonly epoch: number;
  /** Mean loss over the step's samples, before it learnt from them. */
  readonly loss: number;
}

/** `'stop'` ends the run; anything else goes on. */
export type OnStep = (step: StepReport) => unknown;

/** What an epoch came to. */
export interface EpochMetrics extends EvaluationReport {
  /** From 1. */
  readonly epoch: number;
  /** Steps since the start of the run. */
  readonly step: number;
  /** Mean loss over the epoch's samples, each taken before the step that learnt from it. */
  readonly trainLoss: number;
}

/** After an epoch; parameters and buffers are copied when they are asked for. */
export interface EpochView extends EpochMetrics {
  readonly parameters: Parameters;
  readonly buffers: Parameters;
}

/** `'stop'` ends the run; anything else goes on. */
export type OnEpoch = (epoch: EpochView) => unknown;

/** @param state gives it as it is at the epoch's end */
export function viewEpoch(epoch: EpochMetrics, state: () => RunState): EpochView {
  const section = (name: string) => ({ get: () => state().tensors.get(name) ?? new Map() });
  const view = { ...epoch };
  Object.defineProperties(view, { parameters: section(PARAMETERS), buffers: section(BUFFERS) });
  return view as EpochView;
}

/**
 * @param answer what a callback gave
 * @returns whether the run is to end
 * @throws ConfigError if it is another word than 'stop', or a promise that nobody waits for
 */
export function asksToStop(operation: string, callback: string, answer: unknown): boolean {
  if (typeof answer === 'string' && answer !== 'stop') {
    throw new ConfigError(
      `${operation}: ${callback} answered ${JSON.stringify(answer)}; 'stop' ends the run, and nothing goes on`,
    );
  }
  if (typeof (answer as { then?: unknown } | null | undefined)?.then === 'function') {
    // If it is rejected later, that has no one to hear it, and would end the process; what follows says what is wrong.
    Promise.resolve(answer).catch(() => {});
    throw new ConfigError(
      `${operation}: ${callback} gave a promise, which nobody waits for here; answer at once`,
    );
  }
  return answer === 'stop';
}
