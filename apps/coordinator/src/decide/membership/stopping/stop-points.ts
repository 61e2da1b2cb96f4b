// Where a generation stops on its way, and what is due there: the arithmetic of epochs, checkpoints and the run's end.
import type { EvaluatedStep } from '../state/durable.js';
import type { Config, State } from '../state/state.js';

export function isEpochEnd(config: Config, step: number): boolean {
  return step > 0 && step % config.stepsPerEpoch === 0;
}

/**
 * The run's last step: that of the epoch that its rule ends it with, once that is journalled; else the last of all. Where
 * somebody wants it to end it is where the run stands, but for an epoch's end that was told: that is come to again.
 *
 * @param step where it stands
 */
export function lastStep({ config, judgement, asked, evaluated }: State, step: number): number {
  const last = judgement.stopped === null ? config.steps : judgement.epochs * config.stepsPerEpoch;
  return asked === null ? last : Math.min(last, Math.max(step, evaluated?.step ?? 0));
}

/** The next step after `step` at which there is something to do. */
export function nextStop(config: Config, step: number, last: number): number {
  const next = (every: number): number => (Math.floor(step / every) + 1) * every;
  return Math.min(last, next(config.stepsPerEpoch), next(config.checkpointEvery));
}

/** Whether the state of this step has yet to be evaluated. */
export function isToBeEvaluated({ config, evaluated }: State, step: number, last: number): boolean {
  if (evaluated && evaluated.step >= step) return false;
  return isEpochEnd(config, step) || step === last;
}

export function isToBeSaved(state: State, step: number, last: number): boolean {
  const { config, saved, judgement, checkpointAsked } = state;
  if (saved.step >= step) return false;
  const isBest = config.keepsBest && judgement.best?.step === step;
  const isLookedAt = config.savesEpochs && isEpochEnd(config, step);
  const isDue = step % config.checkpointEvery === 0 || step === last;
  return isDue || isBest || isLookedAt || checkpointAsked;
}

/** The run's last evaluation, if everything is done and saved; nothing is needed of any worker then. */
export function completed({ evaluated, saved }: State, last: number): EvaluatedStep | undefined {
  const isDone = evaluated?.step === last && saved.step === last;
  return isDone ? evaluated : undefined;
}
