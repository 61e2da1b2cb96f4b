// What the page has heard, and who wants to know when it changes. Those are told once before the next frame is drawn, however
// much came since the last: 16 workers at ten samples a second cost as many draws as one.
import { useEffect, useState } from 'preact/hooks';
import type { Message } from '../../contract.js';
import type { RunState } from './run-state.js';
import { NOTHING, reduce, type State } from './state.js';

export class Store {
  #state = NOTHING;
  #isAnnounced = false;
  readonly #listeners = new Set<() => void>();
  readonly #beforeNextFrame: (then: () => void) => void;

  constructor(beforeNextFrame: (then: () => void) => void = requestAnimationFrame) {
    // A browser's function wants to be called by itself.
    this.#beforeNextFrame = (then) => beforeNextFrame(then);
  }

  get state(): State {
    return this.#state;
  }

  hear(message: Message): void {
    const next = reduce(this.#state, message);
    if (next === this.#state) return;
    this.#state = next;
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    this.#beforeNextFrame(() => {
      this.#isAnnounced = false;
      for (const listener of this.#listeners) listener();
    });
  }

  /** @returns what ends it */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** All runs as they stand. */
export function useStore(store: Store): State {
  const [state, setState] = useState(store.state);
  useEffect(() => {
    const look = (): void => setState(store.state);
    look();
    return store.subscribe(look);
  }, [store]);
  return state;
}

/** A run as it stands; undefined if the server has it no longer. */
export function useRun(store: Store, id: string): RunState | undefined {
  return useStore(store).get(id);
}
