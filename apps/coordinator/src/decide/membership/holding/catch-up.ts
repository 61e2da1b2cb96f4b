// Members who are behind: while the others go on, the state that the generation began with comes into memory, they
// fetch it there and say when they have come after. Then a new generation deals them shards.
import type { CaughtUpMessage } from '@lockstep/wire';
import type { Member, MemberId } from '../state/member.js';
import type { Phase } from '../state/phase.js';
import type { State } from '../state/state.js';
import type { Rank, Team } from '../state/team.js';
import type { Transition } from '../state/transition.js';
import { isCopied, obtain } from './copies.js';
import { observe } from './divergence.js';

/** Those of a team who compute: all but those who are behind. */
export function workingRanks({ catchUp }: State, { ranks }: Team): readonly Rank[] {
  return catchUp ? ranks.filter(({ id }) => !catchUp.behind.includes(id)) : ranks;
}

/** Everyone stands at the generation's step: the moment to copy its state, at whoever holds it. */
export function beginCatchUp(state: State): Transition {
  const { catchUp } = state;
  if (!catchUp) return { state, effects: [] };
  const { from, effects } = obtain(state, catchUp.held);
  return { state: { ...state, catchUp: { ...catchUp, isBegun: true, from } }, effects };
}

/** The state has come into memory: they may fetch it. */
export function offerState(state: State): Transition | undefined {
  const { catchUp, generation } = state;
  if (!catchUp?.isBegun || catchUp.isOffered || !isCopied(state, catchUp.held)) return undefined;
  const { behind: to, held } = catchUp;
  return {
    state: { ...state, catchUp: { ...catchUp, isOffered: true } },
    effects: [{ type: 'offer-state', to, generation, held }],
  };
}

/** Whether catching up waits for this one: whom the state comes from, then those who are behind. */
export function isAwaited({ catchUp }: State, id: MemberId): boolean {
  if (!catchUp?.isBegun) return false;
  if (!catchUp.isOffered) return catchUp.from === id;
  return catchUp.behind.includes(id) && !catchUp.caughtUp.includes(id);
}

/** Whether a new generation can deal them in, and interrupts no evaluation. */
export function haveCaughtUp({ catchUp, phase }: State): boolean {
  const isMoment =
    phase.name === 'preparing' || (phase.name === 'running' && phase.trained === null);
  return isMoment && catchUp !== null && catchUp.caughtUp.length === catchUp.behind.length;
}

/** Beyond this step nobody can be: nobody was told to go on from there. */
function furthestStep(phase: Phase): number {
  if (phase.name === 'running') return phase.until;
  return 'target' in phase ? phase.target.step : -1;
}

/** @returns undefined if this is not what the member has to say now */
export function takeCaughtUp(
  state: State,
  { id, name }: Member,
  { step, digest }: CaughtUpMessage,
  now: number,
): Transition | undefined {
  const { catchUp, phase } = state;
  const isDue = catchUp?.isOffered && catchUp.behind.includes(id) && !catchUp.caughtUp.includes(id);
  if (!isDue || step < catchUp.held.step || step > furthestStep(phase)) return undefined;
  const caughtUp: readonly MemberId[] = [...catchUp.caughtUp, id];
  const held = { step, digest };
  const members = state.members.map((member) => (member.id === id ? { ...member, held } : member));
  return observe({ ...state, members, catchUp: { ...catchUp, caughtUp } }, held, name, now);
}
