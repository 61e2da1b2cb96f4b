// What a run that has come to its end gives: what was saved last, or the best epoch.
import type { Ended, Judging } from '@lockstep/trainer';
import type { Outcome } from '../decide/membership/state/phase.js';
import type { State } from '../decide/membership/state/state.js';
import type { ClusterOptions } from './coordinator-setup.js';
import { evaluateState } from './evaluate-state.js';
import type { RunStore } from './run-store.js';

export async function endOf(
  { step, evaluation, stopped }: Extract<Outcome, { type: 'finished' }>,
  { judgement, best }: State,
  store: RunStore,
  judging: Judging,
  options: ClusterOptions,
): Promise<Ended> {
  const bestEpoch = judgement.best?.epoch ?? null;
  const bestStep = judgement.best?.step ?? step;
  if (bestStep === step || !judging.isKept(judgement, bestStep)) {
    return { step, stopped, bestEpoch, state: store.state(), evaluated: evaluation };
  }
  const state = await store.bestState(bestStep);
  const evaluated = best ?? (await evaluateState(options, bestStep, state));
  return { step, stopped, bestEpoch, state, evaluated };
}
