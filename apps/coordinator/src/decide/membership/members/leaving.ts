// Who goes: on purpose, lost, or let go from this side. It begins a new generation, unless the run is waiting for workers.
import { beginForming, giveUp, standStill } from '../forming/form.js';
import type { Effect } from '../state/effect.js';
import { isDeparture, type Leaving, type MemberId } from '../state/member.js';
import type { State } from '../state/state.js';
import type { Transition } from '../state/transition.js';
import { after, unchanged } from '../state/transition.js';

/**
 * It goes on purpose, or has to, and its link is there yet: everyone stops, and it is let go when what it holds is held
 * by another or saved (`letGo`).
 */
export function leave(state: State, id: MemberId, leaving: Leaving, now: number): Transition {
  const member = state.members.find((other) => other.id === id);
  const { phase, saved } = state;
  const isOld = phase.name === 'waiting' && (member?.held?.step ?? 0) <= saved.step;
  if (!member || isOld) return drop(state, id, leaving.code, leaving.message, now);
  if (member.leaving) return unchanged(state);
  const members = state.members.map((other) => (other === member ? { ...other, leaving } : other));
  return beginForming({ ...state, members }, now);
}

/** A connection is gone. One that had not joined is no loss; one that is not known is no news. */
export function lose(before: State, id: MemberId, why: Leaving, now: number): Transition {
  const member = before.members.find((other) => other.id === id);
  if (!member) {
    if (!before.arriving.includes(id)) return unchanged(before);
    return unchanged({ ...before, arriving: before.arriving.filter((other) => other !== id) });
  }
  const isWaiting = before.phase.name === 'waiting';
  const state: State = {
    ...before,
    members: before.members.filter((other) => other !== member),
    unlinked: before.unlinked.filter(({ ids }) => !ids.includes(id)),
    loss: before.loss ?? (isWaiting ? null : { noticed: now, step: null }),
  };
  const { generation, committed: step } = state;
  // Whoever wanted to go, and is gone before it was let go, is lost if nobody else holds what it held.
  const { leaving } = member;
  const isKept = state.committed <= state.saved.step || state.members.some(({ held }) => held);
  const isAsIntended = leaving && (isKept || !isDeparture(leaving.code));
  const { code, message: reason } = isAsIntended ? leaving : why;
  const place = { left: isDeparture(code), generation, step };
  const told: Effect = {
    type: 'emit',
    notice: { event: 'worker-lost', name: member.name, code, reason, ...place },
  };
  if (isWaiting) return after([told], unchanged(state));
  return after(
    [told],
    state.members.length > 0 ? beginForming(state, now) : standStill(state, now),
  );
}

/** Ends a connection from this side. */
export function drop(
  state: State,
  id: MemberId,
  code: string,
  message: string,
  now: number,
): Transition {
  return after([{ type: 'close', id, code, message }], lose(state, id, { code, message }, now));
}

/** The run is not to go on: everyone stops, the newest state is saved, and then it ends. */
export function abandon(before: State, code: string, message: string, now: number): Transition {
  if (before.ending) return unchanged(before);
  const state: State = { ...before, ending: { code, message } };
  return state.members.length > 0 ? beginForming(state, now) : giveUp(state);
}
