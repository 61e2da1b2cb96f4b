// Who comes: a link, then a worker that has joined. It begins a new generation, unless the run is waiting for more.
import type { JoinMessage } from '@lockstep/wire';
import { dismiss } from '../ending/end.js';
import { beginForming } from '../forming/form.js';
import { observe } from '../holding/divergence.js';
import type { Effect } from '../state/effect.js';
import type { Member, MemberId } from '../state/member.js';
import type { State } from '../state/state.js';
import type { Transition } from '../state/transition.js';
import { after, andThen, unchanged } from '../state/transition.js';
import { drop } from './leaving.js';

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
