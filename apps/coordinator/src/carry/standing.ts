// Where a cluster's run stands, as its members have told.
import type { Standing } from '@lockstep/trainer';
import type { State } from '../decide/membership/state/state.js';

/** @param now milliseconds, of the clock of the membership's events */
export function standingOf(
  { phase, committed, members, trainingMs }: State,
  now: number,
): Standing {
  const told = members.flatMap(({ progress }) => (progress ? [progress] : []));
  const newest = told.sort((a, b) => b.step - a.step)[0];
  const current = phase.name === 'running' ? (phase.trained ?? now) - phase.began : 0;
  return { step: committed, loss: newest?.loss, trainingMs: trainingMs + current };
}
