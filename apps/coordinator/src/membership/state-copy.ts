// Where a state comes from. The coordinator keeps at most one in memory: the one that a generation begins with, or
// that is to be saved.
import type { HeldState } from '@lockstep/wire';
import type { Effect, MemberId, State } from './types.js';

export function isSame(a: HeldState | null, b: HeldState | null): boolean {
  return a !== null && b !== null && a.step === b.step && a.digest === b.digest;
}

/** The newest state that any member or the coordinator itself holds. */
export function newestState(state: State): HeldState {
  let newest = state.saved;
  for (const held of [state.copy, ...state.members.map((member) => member.held)]) {
    if (held && held.step > newest.step) newest = held;
  }
  return newest;
}

/**
 * What brings a state into memory: nothing, if it is there already.
 *
 * @returns the member that it comes from, or null
 */
export function obtain(
  state: State,
  held: HeldState,
): { readonly from: MemberId | null; readonly effects: readonly Effect[] } {
  if (isSame(state.copy, held)) return { from: null, effects: [] };
  if (isSame(state.saved, held)) return { from: null, effects: [{ type: 'load-state', held }] };
  const holder = state.members.find((member) => isSame(member.held, held));
  if (!holder) throw new RangeError(`membership: nobody holds the state of step ${held.step}`);
  return {
    from: holder.id,
    effects: [{ type: 'fetch-state', from: holder.id, generation: state.generation, held }],
  };
}

export function dropCopy(state: State): { readonly state: State; readonly effects: Effect[] } {
  if (!state.copy) return { state, effects: [] };
  return { state: { ...state, copy: null }, effects: [{ type: 'drop-state' }] };
}
