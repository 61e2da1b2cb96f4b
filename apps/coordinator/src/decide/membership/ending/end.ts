// The two ends of a run: finished, and failed. Both tell everyone who is connected, and nothing comes after them.
import { type CoordinatorMessage, MAX_TEXT_CHARACTERS, printable } from '@lockstep/wire';
import { answerAsked, refuseAsked } from '../state/asking.js';
import type { EvaluatedStep } from '../state/durable.js';
import type { Effect } from '../state/effect.js';
import type { MemberId } from '../state/member.js';
import type { Outcome } from '../state/phase.js';
import type { State } from '../state/state.js';
import type { Transition } from '../state/transition.js';
import { andThen } from '../state/transition.js';

/** Ends after which the run can go on as it is, and workers may be all that has its newest step: they dial on. */
const KEEPS_WORKERS: ReadonlySet<string> = new Set(['stopped', 'disk']);

/** What a connection is told about a run that is over; undefined where only closing it says it: it may go on later. */
function farewell(outcome: Outcome): CoordinatorMessage | undefined {
  if (outcome.type === 'finished') {
    const { step, evaluation } = outcome;
    return { type: 'finish', step, weightsHash: evaluation.weightsHash };
  }
  if (KEEPS_WORKERS.has(outcome.code)) return undefined;
  const message = printable(outcome.message, MAX_TEXT_CHARACTERS);
  return { type: 'refused', code: 'run-failed', message };
}

/** Tells one connection that the run is over. */
export function dismiss(outcome: Outcome, to: MemberId): Effect[] {
  const message = farewell(outcome);
  return message ? [{ type: 'send', to, message }] : [];
}

function end(before: State, outcome: Outcome): Transition {
  const isSaved = before.committed <= before.saved.step;
  const answered =
    outcome.type === 'finished' || isSaved
      ? answerAsked(before)
      : refuseAsked(before, `checkpoint: the run has ended: ${outcome.message}`);
  return andThen(answered, (state) => over(state, outcome));
}

function over(state: State, outcome: Outcome): Transition {
  const everyone = [...state.members.map(({ id }) => id), ...state.arriving];
  return {
    state: { ...state, phase: { name: 'over', outcome }, copies: [], catchUp: null },
    effects: [
      { type: 'hub-off' },
      ...everyone.flatMap((id) => dismiss(outcome, id)),
      { type: 'over', outcome },
    ],
  };
}

export function finish(state: State, evaluation: EvaluatedStep): Transition {
  const { judgement, asked } = state;
  const stopped = judgement.stopped ?? asked ?? 'epochs';
  return end(state, { type: 'finished', step: evaluation.step, evaluation, stopped });
}

/**
 * At once: what is not saved is not trusted, or cannot be saved. All other ends of a run come after the newest state is
 * saved (`abandon`).
 *
 * @param code stable: `divergence`, `non-finite`, `disk`, `mesh`, `stopped`
 */
export function fail(state: State, code: string, message: string): Transition {
  const { saved, committed } = state;
  return end(state, { type: 'failed', code, message, saved: saved.step, committed });
}
