// What workers say they hold. A step has one state, whoever computed it: a second digest for a step stops the run.
// Redone steps are compared with what was seen of them before, too.
import type { HeldState } from '@lockstep/wire';
import { fail } from '../ending/end.js';
import type { Effect } from '../state/effect.js';
import type { Sighting } from '../state/member.js';
import type { State } from '../state/state.js';
import type { Transition } from '../state/transition.js';
import { unchanged } from '../state/transition.js';

/** Steps whose digests are remembered, those last heard of: more than there are reports on the way at once. */
const REMEMBERED_STEPS = 32;

/** The name under which the coordinator's own saved state is known. */
export const CHECKPOINT_NAME = 'the checkpoint';

/** Somebody holds this state: the step is committed, if it has the digest that it must have. */
export function observe(state: State, held: HeldState, name: string, now: number): Transition {
  const { sightings, saved } = state;
  const own: Sighting = { ...saved, name: CHECKPOINT_NAME };
  const before = [own, ...sightings].find(({ step }) => step === held.step);
  if (before && before.digest !== held.digest) {
    return diverge(state, held.step, 'state', [before.name, before.digest], [name, held.digest]);
  }
  const kept = before ? sightings : [...sightings, { ...held, name }].slice(-REMEMBERED_STEPS);
  return commit({ ...state, sightings: kept }, held.step, now);
}

/** Somebody is at this step, without a digest yet. */
export function commit(state: State, step: number, now: number): Transition {
  if (step <= state.committed && state.loss === null) return unchanged(state);
  const { loss } = state;
  const recovered = loss !== null && loss.step !== null && step > loss.step;
  const effects: Effect[] = recovered
    ? [{ type: 'emit', notice: { event: 'recovered', step, ms: now - loss.noticed } }]
    : [];
  return {
    state: {
      ...state,
      committed: Math.max(step, state.committed),
      loss: recovered ? null : loss,
    },
    effects,
  };
}

/** Two workers hold different bytes where they must hold the same: nothing since the last checkpoint is trusted. */
export function diverge(
  state: State,
  step: number,
  what: string,
  own: readonly [string, string],
  other: readonly [string, string],
): Transition {
  return fail(state, DIVERGENCE, describeDivergence(step, what, own, other));
}

export const DIVERGENCE = 'divergence';

export function describeDivergence(
  step: number,
  what: string,
  [name, value]: readonly [string, string],
  [otherName, otherValue]: readonly [string, string],
): string {
  return (
    `divergence: step ${step} has two ${what === 'state' ? 'states' : `values of ${what}`}: ${value} (${name}) and ` +
    `${otherValue} (${otherName}); expected one, since a step gives the same bytes everywhere. ` +
    'One of the machines computes or stores wrongly: run each alone and compare its weights hash'
  );
}
