// Where a generation stops on its way, and what is due there: the arithmetic of epochs, checkpoints and the run's end.
import type { EvaluatedStep } from '../state/durable.js';
import type { Config, State } from '../state/state.js';

export function isEpochEnd(config: Config, step: number): boolean {
  return step > 0 && step % config.stepsPerEpoch === 0;
}

/** The next step after `step` at which there is something to do. */
export function nextStop(config: Config, step: number): number {
  const next = (every: number): number => (Math.floor(step / every) + 1) * every;
  return Math.min(config.steps, next(config.stepsPerEpoch), next(config.checkpointEvery));
}

/** Whether the state of this step has yet to be evaluated. */
export function isToBeEvaluated({ config, evaluated }: State, step: number): boolean {
  if (evaluated && evaluated.step >= step) return false;
  return isEpochEnd(config, step) || step === config.steps;
}

export function isToBeSaved({ config, saved }: State, step: number): boolean {
  if (saved.step >= step) return false;
  return step % config.checkpointEvery === 0 || step === config.steps;
}

/** The run's last evaluation, if everything is done and saved; nothing is needed of any worker then. */
export function completed({ config, evaluated, saved }: State): EvaluatedStep | undefined {
  const isDone = evaluated?.step === config.steps && saved.step === config.steps;
  return isDone ? evaluated : undefined;
}
