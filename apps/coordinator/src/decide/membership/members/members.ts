// Who comes and who goes. Either begins a new generation, unless the run is still waiting for workers.
import type { JoinMessage } from '@lockstep/wire';
import { dismiss } from '../ending/end.js';
import { beginForming, giveUp, standStill } from '../forming/form.js';
import { observe } from '../holding/divergence.js';
import type { Effect } from '../state/effect.js';
import type { Leaving, Member, MemberId } from '../state/member.js';
import type { State } from '../state/state.js';
import type { Transition } from '../state/transition.js';
import { after, andThen, unchanged } from '../state/transition.js';

/** A link that proved itself: it gets the run's description, and takes its time to fetch data and build its engine. */
export function connect(state: State, id: MemberId): Transition {
  const { arriving, config } = state;
  if (arriving.length >= config.maxWorkers) {
    const message = `connect: ${arriving.length} workers are preparing, the most that may at once; come again later`;
    return refuse(state, id, 'busy', message);
  }
  return {
    state: { ...state, arriving: [...arriving, id] },
    effects: [{ type: 'send-run', to: id }],
  };
}

/** A link after the end: it is told, and nothing else happens. */
export function connectTooLate(state: State, id: MemberId): Transition {
  if (state.phase.name !== 'over') return unchanged(state);
  const { outcome } = state.phase;
  return { state, effects: [{ type: 'send-run', to: id }, ...dismiss(outcome, id)] };
}

export function join(state: State, id: MemberId, message: JoinMessage, now: number): Transition {
  const refusal = refusalOf(state, message);
  const brings = message.held !== null && message.held.step > state.saved.step;
  // Who cannot take part may be all that holds the newest step.
  const leaving = refusal?.code === 'unreachable' && brings ? refusal : null;
  if (refusal && !leaving) return refuse(state, id, refusal.code, refusal.message);
  const { name, threads, url, held } = message;
  if (held && held.step > state.config.steps) {
    return drop(
      state,
      id,
      'protocol',
      `join: it holds step ${held.step}, the run has ${state.config.steps} steps`,
      now,
    );
  }
  const member: Member = { id, name, threads, url, held, leaving, speed: null, progress: null };
  const { returning } = state;
  const joined: State = {
    ...state,
    arriving: state.arriving.filter((other) => other !== id),
    members: [...state.members, member],
    returning: returning && { ...returning, since: returning.since ?? now },
  };
  const told: Effect = {
    type: 'emit',
    notice: {
      event: 'worker-joined',
      name,
      threads,
      generation: state.generation + 1,
      step: state.committed,
    },
  };
  return after(
    [told],
    andThen(held ? observe(joined, held, name, now) : unchanged(joined), (seen) =>
      seen.phase.name === 'waiting' ? unchanged(seen) : beginForming(seen, now),
    ),
  );
}

function refusalOf(
  { config, members }: State,
  { name, url }: JoinMessage,
): { code: string; message: string } | undefined {
  if (members.length >= config.maxWorkers) {
    return {
      code: 'full',
      message: `join: the run has ${members.length} workers, the most it takes is ${config.maxWorkers}`,
    };
  }
  if (config.topology === 'mesh' && url === null) {
    return {
      code: 'unreachable',
      message: `join: the run is a mesh, and ${name} cannot be dialled by others; start it with --listen HOST:PORT`,
    };
  }
  return undefined;
}

function refuse(state: State, id: MemberId, code: string, message: string): Transition {
  return {
    state: { ...state, arriving: state.arriving.filter((other) => other !== id) },
    effects: [
      { type: 'send', to: id, message: { type: 'refused', code, message } },
      { type: 'close', id, code, message },
    ],
  };
}

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
export function lose(before: State, id: MemberId, reason: string, now: number): Transition {
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
  const told: Effect = {
    type: 'emit',
    notice: {
      ...{ event: 'worker-lost', name: member.name, generation, step },
      reason: member.leaving?.message ?? reason,
    },
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
  return after([{ type: 'close', id, code, message }], lose(state, id, message, now));
}

/** The run is not to go on: everyone stops, the newest state is saved, and then it ends. */
export function abandon(before: State, code: string, message: string, now: number): Transition {
  if (before.ending) return unchanged(before);
  const state: State = { ...before, ending: { code, message } };
  return state.members.length > 0 ? beginForming(state, now) : giveUp(state);
}
