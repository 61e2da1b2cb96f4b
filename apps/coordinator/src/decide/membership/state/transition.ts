// How transitions are put together. Nothing follows the end of a run.
import type { Effect } from './effect.js';
import type { State } from './state.js';

/** What one event led to. */
export interface Transition {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export function unchanged(state: State): Transition {
  return { state, effects: [] };
}

/** What `next` makes of the state that `before` led to, with the effects of both in order. */
export function andThen(before: Transition, next: (state: State) => Transition): Transition {
  if (before.state.phase.name === 'over') return before;
  const after = next(before.state);
  return {
    state: after.state,
    effects: after.effects.length > 0 ? [...before.effects, ...after.effects] : before.effects,
  };
}

/** The same with effects in front. */
export function after(effects: readonly Effect[], next: Transition): Transition {
  return { state: next.state, effects: [...effects, ...next.effects] };
}
