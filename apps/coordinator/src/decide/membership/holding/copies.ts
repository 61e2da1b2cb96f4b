// Where a state comes from. The coordinator has at most two in memory, besides the last saved one: one that those who are behind fetch, and one that
// a generation begins with or that is to be saved.
import { ProtocolError } from '@lockstep/errors';
import type { HeldState } from '@lockstep/wire';
import type { Effect } from '../state/effect.js';
import type { MemberId } from '../state/member.js';
import type { State } from '../state/state.js';

export function isSame(a: HeldState | null, b: HeldState | null): boolean {
  return a !== null && b !== null && a.step === b.step && a.digest === b.digest;
}

export function isCopied({ copies }: State, held: HeldState): boolean {
  return copies.some((copy) => isSame(copy, held));
}

/** The newest state that any member or the coordinator itself holds. */
export function newestState(state: State): HeldState {
  let newest = state.saved;
  for (const held of [...state.copies, ...state.members.map((member) => member.held)]) {
    if (held && held.step > newest.step) newest = held;
  }
  return newest;
}

/**
 * What brings a state into memory: nothing, if it is there or on its way already.
 *
 * @returns the member that it comes from, or null
 */
export function obtain(
  state: State,
  held: HeldState,
): { readonly from: MemberId | null; readonly effects: readonly Effect[] } {
  if (isCopied(state, held)) return { from: null, effects: [] };
  const { catchUp } = state;
  if (catchUp && catchUp.from !== null && isSame(catchUp.held, held)) {
    return { from: catchUp.from, effects: [] };
  }
  if (isSame(state.saved, held)) return { from: null, effects: [{ type: 'load-state', held }] };
  const holder = state.members.find((member) => isSame(member.held, held));
  if (!holder) throw new ProtocolError(`membership: nobody holds the state of step ${held.step}`);
  return {
    from: holder.id,
    effects: [{ type: 'fetch-state', from: holder.id, generation: state.generation, held }],
  };
}

/** Lets go of the states in memory but this one, and one that is for those who are behind. */
export function dropCopies(
  state: State,
  kept: HeldState | null = null,
): { readonly state: State; readonly effects: Effect[] } {
  const { copies, catchUp } = state;
  const isNeeded = (copy: HeldState): boolean =>
    isSame(kept, copy) || isSame(catchUp?.held ?? null, copy);
  if (copies.every(isNeeded)) return { state, effects: [] };
  const effects = copies
    .filter((copy) => !isNeeded(copy))
    .map((held): Effect => ({ type: 'drop-state', held }));
  return { state: { ...state, copies: copies.filter(isNeeded) }, effects };
}
