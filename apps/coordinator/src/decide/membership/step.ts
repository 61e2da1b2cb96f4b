// Membership: (state, event, now) -> (state, effects), and nothing else. First the event is written down, then what
// is complete goes on to its next phase. `now` is in milliseconds of a clock that never goes back.

import { DISMISSED } from '@lockstep/wire';
import { fail, finish } from './ending/end.js';
import { beginForming, proceedLoading, proceedPausing, proceedPreparing } from './forming/form.js';
import { haveCaughtUp, isAwaited, offerState } from './holding/catch-up.js';
import { dropCopies, isSame, newestState } from './holding/copies.js';
import { connect, connectTooLate } from './members/arriving.js';
import { missing } from './members/awaited.js';
import { abandon, drop, leave, lose } from './members/leaving.js';
import { receive } from './messages.js';
import { answerAsked, refuseAsked } from './state/asking.js';
import type { Durable } from './state/durable.js';
import type { Effect } from './state/effect.js';
import type { Event } from './state/event.js';
import type { MemberId } from './state/member.js';
import type { Asked } from './state/phase.js';
import type { Config, State } from './state/state.js';
import type { Transition } from './state/transition.js';
import { after, andThen, unchanged } from './state/transition.js';
import { goOn, proceedRunning, proceedSaving, startClock } from './stopping/advance.js';
import { completed, isToBeSaved, lastStep } from './stopping/stop-points.js';

/** Before anything has happened in this process. */
export function initialState(config: Config, durable: Durable): State {
  const { generation, members, saved, evaluated, judgement, best } = durable;
  return {
    config,
    generation,
    arriving: [],
    members: [],
    phase: { name: 'waiting' },
    saved,
    copies: [],
    catchUp: null,
    writing: null,
    evaluated,
    judgement,
    best,
    asked: null,
    checkpointAsked: false,
    committed: saved.step,
    sightings: [],
    begun: config.takesOver && (saved.step > 0 || evaluated !== null),
    returning: members.length > 0 ? { names: members, since: null } : null,
    unlinked: [],
    meshFailures: 0,
    meshBroken: false,
    told: { fallback: null, broken: null, idle: null },
    loss: null,
    formed: 0,
    moved: 0,
    trainingMs: 0,
    ending: null,
  };
}

export function step(state: State, event: Event, now: number): Transition {
  if (state.phase.name === 'over') {
    return event.type === 'connected' ? connectTooLate(state, event.id) : unchanged(state);
  }
  let transition = take(state, event, now);
  for (;;) {
    const next = proceed(transition.state, now);
    if (!next) return transition;
    transition = andThen(transition, () => next);
  }
}

function take(state: State, event: Event, now: number): Transition {
  switch (event.type) {
    case 'start':
      return unchanged(state);
    case 'tick':
      return dropOverdue(state, now);
    case 'connected':
      return connect(state, event.id);
    case 'message':
      return receive(state, event.id, event.message, now);
    case 'lost':
      return lose(state, event.id, event.why, now);
    case 'broken':
      return drop(state, event.id, 'protocol', event.message, now);
    case 'dismissed':
      return leave(state, event.id, { code: DISMISSED, message: event.message }, now);
    case 'state-moved':
      return unchanged({ ...state, moved: now });
    case 'state-held':
      return takeCopy(state, event.held);
    case 'saved':
      return noteSaved(state, event);
    case 'disk-failed':
      return takeDiskFailure(state, event.message, now);
    case 'stop':
      return abandon(state, 'stopped', event.message, now);
    case 'end':
      return endSoon(state, event.why, now);
    case 'checkpoint':
      return askCheckpoint(state, now);
    case 'taken':
      return unchanged(startClock(state, now));
  }
}

const ENDED = { asked: 'it was asked to end', time: 'its time is over' } as const;

/** Steps that are under way are cut short; a stop point that all have come to is done with first. */
function endSoon(before: State, asked: Asked, now: number): Transition {
  if (before.asked !== null || before.ending) return unchanged(before);
  return cutShort({ ...before, asked }, now);
}

/** All stop where they are, and that is saved when the next generation has formed there. Who asks meanwhile gets the same. */
function askCheckpoint(state: State, now: number): Transition {
  if (state.checkpointAsked) return unchanged(state);
  return cutShort({ ...state, checkpointAsked: true }, now);
}

function cutShort(state: State, now: number): Transition {
  const isUnderWay = state.phase.name === 'running' && state.phase.trained === null;
  return isUnderWay ? beginForming(state, now) : unchanged(state);
}

/** What is not due, and only somebody asked for, ends no run: they are told, and it goes on. */
function takeDiskFailure(before: State, message: string, now: number): Transition {
  const { phase, writing } = before;
  const state: State = { ...before, writing: null };
  const isGoing = phase.name === 'saving' && phase.team === null;
  const isDue = (step: number): boolean =>
    isToBeSaved({ ...state, checkpointAsked: false }, step, lastStep(state, step));
  if (!writing || !state.checkpointAsked || isGoing || isDue(writing.step)) {
    return fail(before, 'disk', message);
  }
  const refused = refuseAsked(state, message);
  if (phase.name !== 'saving' || !phase.team || !isSame(phase.target, writing)) return refused;
  const { team, target } = phase;
  return andThen(refused, (known) => {
    const dropped = dropCopies(known);
    return after(dropped.effects, goOn(dropped.state, team, target, now));
  });
}

/** A worker that is alive but does not answer holds up all others; a step and a state may take their time. */
const PAUSE_LIMIT_MS = 60_000;
const PREPARE_LIMIT_MS = 300_000;

/** Lets go of a member that has not done its part in forming a generation, or in catching up, for too long. */
function dropOverdue(state: State, now: number): Transition {
  const { phase, members, formed, moved } = state;
  const isDone = (id: MemberId): boolean => {
    if (phase.name === 'pausing') return phase.answered.includes(id);
    if (phase.name === 'preparing' && !phase.prepared.includes(id)) return false;
    return !isAwaited(state, id);
  };
  const limitMs = phase.name === 'pausing' ? PAUSE_LIMIT_MS : PREPARE_LIMIT_MS;
  const overdue = members.find(({ id }) => !isDone(id));
  if (!overdue || now - Math.max(formed, moved) <= limitMs) return unchanged(state);
  const message = `nothing of it for ${limitMs / 1000} s, which generation ${state.generation} waits for`;
  return drop(state, overdue.id, 'overdue', message, now);
}

/** Only what a phase asked for: a state that came too late for its generation is not kept. */
function takeCopy(state: State, held: State['saved']): Transition {
  const { phase, catchUp, copies } = state;
  const isTarget =
    (phase.name === 'loading' || phase.name === 'saving') && isSame(phase.target, held);
  const isWanted = isTarget || isSame(catchUp?.held ?? null, held);
  return isWanted
    ? unchanged({ ...state, copies: [...copies, held] })
    : { state, effects: [{ type: 'drop-state', held }] };
}

function noteSaved(state: State, { held, path }: Extract<Event, { type: 'saved' }>): Transition {
  const effects: Effect[] = [{ type: 'journal', record: { type: 'checkpoint', ...held } }];
  if (path !== null) {
    effects.push({ type: 'emit', notice: { event: 'checkpoint', path, ...held } });
  }
  return { state: { ...state, saved: held, writing: null }, effects };
}

function proceed(state: State, now: number): Transition | undefined {
  const { phase } = state;
  const offered = offerState(state);
  if (offered) return offered;
  if (haveCaughtUp(state)) return beginForming(state, now);
  switch (phase.name) {
    case 'waiting':
      return proceedWaiting(state, now);
    case 'pausing':
      return proceedPausing(state, phase, now);
    case 'loading':
      return proceedLoading(state, phase);
    case 'preparing':
      return proceedPreparing(state, phase, now);
    case 'running':
      return proceedRunning(state, phase, now);
    case 'saving':
      return proceedSaving(state, phase, now);
    case 'over':
      return undefined;
  }
}

function proceedWaiting(state: State, now: number): Transition | undefined {
  const evaluation = completed(state, lastStep(state, state.saved.step));
  if (evaluation) return finish(state, evaluation);
  // Nobody who is there has anything newer.
  const isNewest = newestState(state).step <= state.saved.step;
  if (state.checkpointAsked && isNewest) return answerAsked(state);
  // Nobody is there to evaluate where it stands.
  if (state.asked !== null && !state.ending)
    return abandon(state, 'stopped', ENDED[state.asked], now);
  if (missing(state, now) > 0) return undefined;
  return beginForming({ ...state, returning: null }, now);
}
