// What members say, a function a message. One that is about another generation than the present one changes nothing;
// one that breaks the protocol costs its sender the connection.
import {
  type AuditReportMessage,
  type AuditVoteMessage,
  type CaughtUpMessage,
  type DigestMessage,
  type FailedMessage,
  type HeldState,
  type LinkLostMessage,
  MAX_TEXT_CHARACTERS,
  type PausedMessage,
  type PreparedMessage,
  type ProgressMessage,
  printable,
  type ReachedMessage,
  type WorkerMessage,
} from '@lockstep/wire';
import { takeReport, takeVote } from './auditing/audit.js';
import { measure, weighDeal } from './dealing/rebalance.js';
import { redealNotice } from './dealing/told.js';
import { beginForming } from './forming/form.js';
import { takeCaughtUp } from './holding/catch-up.js';
import { commit, observe } from './holding/divergence.js';
import { join } from './members/arriving.js';
import { abandon, drop, leave } from './members/leaving.js';
import type { Member, MemberId } from './state/member.js';
import type { State } from './state/state.js';
import type { Transition } from './state/transition.js';
import { after, andThen, unchanged } from './state/transition.js';
import { noteStep } from './stopping/advance.js';
import { expectedSumBytes } from './stopping/evaluation.js';

export function receive(
  state: State,
  id: MemberId,
  message: WorkerMessage,
  now: number,
): Transition {
  const member = state.members.find((other) => other.id === id);
  if (message.type === 'join') {
    if (state.arriving.includes(id)) return join(state, id, message, now);
    return member ? violate(state, id, 'join: it has joined already', now) : unchanged(state);
  }
  if (message.type === 'leave') {
    const words = printable(`left: ${message.reason}`, MAX_TEXT_CHARACTERS);
    return leave(state, id, { code: 'left', message: words }, now);
  }
  if (!member) {
    if (!state.arriving.includes(id)) return unchanged(state);
    return violate(state, id, `${message.type}: it has not joined`, now);
  }
  if (message.type === 'fetch' || message.type === 'fetch-state') {
    return violate(state, id, `${message.type}: nothing was asked for`, now);
  }
  if (message.generation !== state.generation) return unchanged(state);
  switch (message.type) {
    case 'paused':
      return paused(state, member, message, now);
    case 'prepared':
      return prepared(state, member, message, now);
    case 'caught-up':
      return caughtUp(state, member, message, now);
    case 'link-lost':
      return linkLost(state, member, message, now);
    case 'progress':
      return progress(state, member, message, now);
    case 'digest':
      return digest(state, member, message, now);
    case 'reached':
      return reached(state, member, message, now);
    case 'audit-report':
    case 'audit-vote':
      return audited(state, member, message, now);
    case 'failed':
      return failed(state, member, message, now);
  }
}

function violate(state: State, id: MemberId, message: string, now: number): Transition {
  return drop(state, id, 'protocol', message, now);
}

function replace(state: State, member: Member, change: Partial<Member>): State {
  const members = state.members.map((other) =>
    other === member ? { ...member, ...change } : other,
  );
  return { ...state, members };
}

function paused(state: State, member: Member, message: PausedMessage, now: number): Transition {
  const { phase } = state;
  const { id, name } = member;
  const { held } = message;
  if (phase.name !== 'pausing' || phase.answered.includes(id)) return unchanged(state);
  if (held && held.step > state.config.steps) {
    return violate(state, id, `paused: no step ${held.step} of ${state.config.steps}`, now);
  }
  if (member.held && (!held || held.step < member.held.step)) {
    const wrong = `paused: at step ${held?.step}, it held step ${member.held.step}`;
    return violate(state, id, wrong, now);
  }
  const answered: State = {
    ...replace(state, member, { held }),
    phase: { ...phase, answered: [...phase.answered, id] },
  };
  return held ? observe(answered, held, name, now) : unchanged(answered);
}

function prepared(
  state: State,
  member: Member,
  { held }: PreparedMessage,
  now: number,
): Transition {
  const { phase, catchUp } = state;
  const { id, name } = member;
  if (phase.name !== 'preparing' || phase.prepared.includes(id)) return unchanged(state);
  const prepared = { ...phase, prepared: [...phase.prepared, id] };
  const expected = catchUp?.behind.includes(id) ? undefined : phase.target.step;
  if (held?.step !== expected) {
    const wrong = `prepared: at step ${held?.step}, expected ${expected}`;
    return violate(state, id, wrong, now);
  }
  if (!held) return unchanged({ ...state, phase: prepared });
  return observe({ ...replace(state, member, { held }), phase: prepared }, held, name, now);
}

function caughtUp(state: State, member: Member, message: CaughtUpMessage, now: number): Transition {
  const next = takeCaughtUp(state, member, message, now);
  const wrong = `caught-up: at step ${message.step}, which it was not to come to now`;
  return next ?? violate(state, member.id, wrong, now);
}

/** Whether the pair cannot link, or one of the two is going, shows when all have answered. */
function linkLost(
  state: State,
  { id }: Member,
  { rank, reason }: LinkLostMessage,
  now: number,
): Transition {
  const { phase } = state;
  if (phase.name !== 'preparing' && phase.name !== 'running' && phase.name !== 'saving') {
    return unchanged(state);
  }
  const other = phase.team?.ranks[rank];
  if (phase.team?.topology !== 'mesh' || !other || other.id === id) {
    return violate(state, id, `link-lost: no link to rank ${rank} (${reason})`, now);
  }
  const isDialler = phase.team.ranks.findIndex((own) => own.id === id) > rank;
  const ids = isDialler ? ([id, other.id] as const) : ([other.id, id] as const);
  return beginForming({ ...state, unlinked: [...state.unlinked, { ids, reason }] }, now);
}

function progress(
  before: State,
  member: Member,
  message: ProgressMessage,
  now: number,
): Transition {
  const { phase } = before;
  if (phase.name !== 'running') return unchanged(before);
  const { id } = member;
  const { step } = message;
  if (step > phase.until) {
    return violate(before, id, `progress: at step ${step}, beyond ${phase.until}`, now);
  }
  if (before.catchUp?.behind.includes(id)) {
    return violate(before, id, 'progress: it is behind', now);
  }
  const rank = phase.team.ranks.find((other) => other.id === id)!;
  const speed = measure(member, rank.end - rank.first, message.computeMs);
  const state: State = {
    ...noteStep(replace(before, member, { speed, progress: message }), step, now),
    meshFailures: 0,
  };
  return andThen(commit(state, step, now), (known) => {
    if (known.phase.name !== 'running') return unchanged(known);
    const { slowSince, isDue } = weighDeal(known, known.phase, now);
    if (isDue) return after([redealNotice(known, known.phase.team)], beginForming(known, now));
    return unchanged({ ...known, phase: { ...known.phase, slowSince } });
  });
}

function digest(state: State, member: Member, message: DigestMessage, now: number): Transition {
  const { phase } = state;
  if (phase.name !== 'running') return unchanged(state);
  const { step } = message;
  if (step > phase.until) {
    return violate(state, member.id, `digest: of step ${step}, beyond ${phase.until}`, now);
  }
  const held: HeldState = { step, digest: message.digest };
  const isKnown = [state.saved, ...state.sightings].some((seen) => seen.step === step);
  const observed = observe(state, held, member.name, now);
  if (isKnown) return observed;
  // Told once: whoever reports the step after this says the same, or ends the run.
  return after([{ type: 'emit', notice: { event: 'digest', ...held } }], observed);
}

function reached(before: State, member: Member, message: ReachedMessage, now: number): Transition {
  const { phase } = before;
  const { id, name } = member;
  if (phase.name !== 'running' || phase.reached.some((result) => result.id === id)) {
    return unchanged(before);
  }
  const { until } = phase;
  if (message.step !== until) {
    return violate(before, id, `reached: step ${message.step}, expected ${until}`, now);
  }
  const bytes = expectedSumBytes(before, phase, id);
  if (bytes === undefined) return violate(before, id, 'reached: it is behind', now);
  if (message.chunkSums.length !== bytes) {
    const got = message.chunkSums.length;
    return violate(before, id, `reached: ${got} bytes of chunk sums, expected ${bytes}`, now);
  }
  const held: HeldState = { step: until, digest: message.digest };
  const noted = noteStep(replace(before, member, { held }), until, now);
  if (noted.phase.name !== 'running') return unchanged(noted);
  const state: State = {
    ...noted,
    phase: { ...noted.phase, reached: [...noted.phase.reached, { id, message }] },
  };
  return observe(state, held, name, now);
}

function audited(
  state: State,
  { id }: Member,
  message: AuditReportMessage | AuditVoteMessage,
  now: number,
): Transition {
  const { phase } = state;
  if (phase.name !== 'running') return unchanged(state);
  const next =
    message.type === 'audit-report'
      ? takeReport(state, phase, id, message, now)
      : takeVote(state, phase, id, message, now);
  const wrong = `${message.type}: of step ${message.step}, which it was not to audit now`;
  return next ?? violate(state, id, wrong, now);
}

/** A loss that is not finite is so for everyone; anything else is the worker's own. */
function failed(
  state: State,
  { id }: Member,
  { code, message }: FailedMessage,
  now: number,
): Transition {
  if (code === 'non-finite') return abandon(state, code, message, now);
  return leave(state, id, { code, message }, now);
}
