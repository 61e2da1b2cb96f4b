// Membership with a fault put in, for the search and the simulator: each must catch it.
import { fail } from './ending/end.js';
import type { Transition } from './state/transition.js';
import { step } from './step.js';

/** It gives a run up at once, whatever is held and not saved. */
export const givesUpUnsaved: typeof step = (state, event, now): Transition => {
  const after = step(state, event, now);
  const { phase, ending } = after.state;
  if (phase.name !== 'saving' || phase.team || !ending) return after;
  const over = fail(after.state, ending.code, ending.message);
  return { state: over.state, effects: [...after.effects, ...over.effects] };
};
