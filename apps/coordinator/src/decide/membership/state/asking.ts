// Those who asked for a checkpoint, and wait for it: they get one answer, however many they are.
import type { State } from './state.js';
import type { Transition } from './transition.js';
import { unchanged } from './transition.js';

/** The newest step is saved and journalled. */
export function answerAsked(state: State): Transition {
  if (!state.checkpointAsked) return unchanged(state);
  return {
    state: { ...state, checkpointAsked: false },
    effects: [{ type: 'checkpoint-kept', held: state.saved }],
  };
}

/** It is not, and will not be for that. */
export function refuseAsked(state: State, message: string): Transition {
  if (!state.checkpointAsked) return unchanged(state);
  return {
    state: { ...state, checkpointAsked: false },
    effects: [{ type: 'checkpoint-refused', message }],
  };
}
