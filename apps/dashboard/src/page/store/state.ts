// All that the page has heard, as one value, and what the next message makes of it.
// Invariant: pure but for the curves and lanes of a run, which go on (see run-state.ts). What a page of another version's
// server says is left out rather than guessed.
import type { Message } from '../../contract.js';
import { newRun, type RunState, withEvent, withHistory, withSample } from './run-state.js';

/** Runs by id, in the order in which the server lists them. */
export type State = ReadonlyMap<string, RunState>;

export const NOTHING: State = new Map();

export function reduce(state: State, message: Message): State {
  switch (message.type) {
    case 'runs':
      return new Map(
        message.runs.map((info) => {
          const known = state.get(info.id);
          return [info.id, known === undefined ? newRun(info) : { ...known, info }];
        }),
      );
    case 'history':
      return change(state, message.run, (run) => withHistory(run, message.events, message.samples));
    case 'event':
      return change(state, message.run, (run) => withEvent(run, message.event));
    case 'sample':
      return change(state, message.run, (run) => withSample(run, message.sample));
    case 'model':
      return change(state, message.run, (run) => ({ ...run, modelStep: message.step }));
    default:
      return state;
  }
}

function change(state: State, id: string, next: (run: RunState) => RunState): State {
  const run = state.get(id);
  return run === undefined ? state : new Map(state).set(id, next(run));
}
