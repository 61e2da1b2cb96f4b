// How far a generation runs, and what is done where it stops: epoch ends are evaluated and told, checkpoints saved.
// Invariant: nobody is told to go beyond a stop point before its evaluation is journalled and its checkpoint saved.
// So a stop point is never skipped, and an epoch's end is told once, whoever is lost meanwhile.
import { sumFault } from '@lockstep/core/internal';
import type { LockstepError } from '@lockstep/errors';
import { partition } from '@lockstep/tree';
import type { HeldState } from '@lockstep/wire';
import { fail, finish } from '../ending/end.js';
import { workingRanks } from '../holding/catch-up.js';
import { dropCopies, isCopied, obtain } from '../holding/copies.js';
import { diverge } from '../holding/divergence.js';
import { answerAsked } from '../state/asking.js';
import type { Audits } from '../state/audits.js';
import type { Effect } from '../state/effect.js';
import type { Phase, Running } from '../state/phase.js';
import type { State } from '../state/state.js';
import type { Team } from '../state/team.js';
import type { Transition } from '../state/transition.js';
import { after, andThen } from '../state/transition.js';
import { addChunks, chunksOf, tellEvaluation } from './evaluation.js';
import { completed, isToBeEvaluated, isToBeSaved, lastStep, nextStop } from './stop-points.js';

type Saving = Extract<Phase, { name: 'saving' }>;

/** What comes next when all members of a team stand at a step. */
export function goOn(state: State, team: Team, held: HeldState, now: number): Transition {
  const { step } = held;
  const last = lastStep(state, step);
  if (isToBeEvaluated(state, step, last)) {
    return run(state, team, { until: step, evaluate: true, trained: now, audits: null }, now);
  }
  if (isToBeSaved(state, step, last)) return save(state, team, held);
  const evaluation = completed(state, last);
  if (evaluation) return finish(state, evaluation);
  const until = nextStop(state.config, step, last);
  const evaluate = isToBeEvaluated(state, until, last);
  const audits = auditsFrom(state, team, step);
  return andThen(answerAsked(state), (known) =>
    run(known, team, { until, evaluate, trained: null, audits }, now),
  );
}

/** Before the first audit of a stretch that begins with `step`. One worker has nobody to be audited by. */
function auditsFrom(state: State, team: Team, step: number): Audits | null {
  const isAudited = state.config.audit !== null && workingRanks(state, team).length > 1;
  return isAudited ? { step: step - 1, reported: [], dispute: null } : null;
}

function run(
  state: State,
  team: Team,
  stretch: Pick<Running, 'until' | 'evaluate' | 'trained' | 'audits'>,
  now: number,
): Transition {
  const { until, evaluate } = stretch;
  const dropped = dropCopies(state);
  const ranks = workingRanks(state, team);
  const chunks = partition(evaluate ? chunksOf(state.config) : 0, ranks.length);
  const sends = ranks.map(({ id }, rank): Effect => {
    const { first, end } = chunks[rank]!;
    const { generation } = state;
    return {
      type: 'send',
      to: id,
      message: { type: 'advance', generation, until, firstChunk: first, endChunk: end },
    };
  });
  return {
    state: {
      ...dropped.state,
      begun: true,
      phase: {
        name: 'running',
        ...stretch,
        team,
        heard: now,
        reached: [],
        slowSince: null,
      },
    },
    effects: [...dropped.effects, ...sends],
  };
}

/** Gets a state saved. @param team who goes on afterwards; null if the run is given up, or somebody is to go first */
export function save(state: State, team: Team | null, target: HeldState): Transition {
  const { from, effects } = obtain(state, target);
  return { state: { ...state, phase: { name: 'saving', target, team, from } }, effects };
}

/** Somebody is heard to be at a step: training time counts up to here, and ends at the stop point. */
export function noteStep(state: State, step: number, now: number): State {
  const { phase } = state;
  if (phase.name !== 'running' || phase.trained !== null) return state;
  return {
    ...state,
    trainingMs: state.trainingMs + now - phase.heard,
    phase: { ...phase, heard: now, trained: step < phase.until ? null : now },
  };
}

/** Workers get their orders only now: what passed before is no training time. */
export function startClock(state: State, now: number): State {
  const { phase } = state;
  if (phase.name !== 'running' || phase.trained !== null) return state;
  return { ...state, phase: { ...phase, heard: now } };
}

/** All who compute are at the stop point: their results must agree. */
export function proceedRunning(state: State, phase: Running, now: number): Transition | undefined {
  const ranks = workingRanks(state, phase.team);
  if (phase.reached.length < ranks.length) return undefined;
  const results = ranks.map(({ id }) => phase.reached.find((result) => result.id === id)!);
  const nameOf = (rank: number): string =>
    state.members.find(({ id }) => id === results[rank]!.id)!.name;
  const { weightsHash, epochLoss, digest } = results[0]!.message;
  for (const [rank, { message }] of results.entries()) {
    const pairs = [
      ['the weights hash', weightsHash, message.weightsHash],
      ["the epoch's loss", String(epochLoss), String(message.epochLoss)],
    ] as const;
    for (const [what, first, other] of pairs) {
      if (first === other) continue;
      return diverge(state, phase.until, what, [nameOf(0), first], [nameOf(rank), other]);
    }
  }
  const held = { step: phase.until, digest };
  if (phase.evaluate) {
    const sums = results.map(({ message }) => message.chunkSums);
    const added = addChunks(sums, state.config);
    const fault = sumFault(held.step, added);
    if (fault) return giveUpAt(state, held, fault);
    const evaluation = { step: phase.until, weightsHash, epochLoss, sums: added };
    return andThen(tellEvaluation(state, evaluation, now), (told) =>
      goOn(told, phase.team, held, now),
    );
  }
  // An epoch's end that is come to again, from an older checkpoint, must be what it was.
  const { evaluated } = state;
  if (evaluated?.step === phase.until && evaluated.weightsHash !== weightsHash) {
    return diverge(
      state,
      phase.until,
      'the weights hash',
      ['as journalled', evaluated.weightsHash],
      [nameOf(0), weightsHash],
    );
  }
  return goOn(state, phase.team, held, now);
}

/** A metric that is no number is nothing to go on with: the state that was evaluated is saved, and the run ends. */
function giveUpAt(before: State, held: HeldState, { code, message }: LockstepError): Transition {
  const state = { ...before, ending: { code, message } };
  return state.saved.step < held.step ? save(state, null, held) : failAsDecided(state);
}

/** The state that is to be saved comes into memory, then onto the disk; then it goes on, or ends. */
export function proceedSaving(state: State, phase: Saving, now: number): Transition | undefined {
  const { target, team } = phase;
  if (state.saved.step >= target.step) {
    const dropped = dropCopies(state);
    if (team) return after(dropped.effects, goOn(dropped.state, team, target, now));
    if (state.ending) return after(dropped.effects, failAsDecided(dropped.state));
    // All stand still yet: those who were to go can.
    const answered = state.members.map(({ id }) => id);
    const { state: next, effects } = dropped;
    return { state: { ...next, phase: { name: 'pausing', answered } }, effects };
  }
  if (state.writing || !isCopied(state, target)) return undefined;
  return {
    state: { ...state, writing: target },
    effects: [{ type: 'save-state', held: target }],
  };
}

/** Ends a run that was given up, once what can be saved is. */
export function failAsDecided(state: State): Transition {
  const { code, message } = state.ending!;
  return fail(state, code, message);
}
