// Workers that were lost, or have left, a moment ago, for the live lines: a row that goes at once would hardly be seen.
// Invariant: nobody stays longer than SHOWN_MS, and nobody who is back; what is kept is bounded by who was lost since.
import type { ClusterEvent } from '@lockstep/trainer';

export interface LostWorker {
  readonly name: string;
  /** Why, in a word. */
  readonly code: string;
  /** On purpose. */
  readonly left?: boolean | undefined;
}

export const SHOWN_MS = 5000;

export class LostWorkers {
  readonly #lost = new Map<string, Omit<LostWorker, 'name'> & { readonly at: number }>();

  /** @param now milliseconds of a clock that never goes back */
  note(event: ClusterEvent, now: number): void {
    if (event.event === 'worker-joined') this.#lost.delete(event.name);
    if (event.event !== 'worker-lost') return;
    const { name, code, left } = event;
    this.#lost.set(name, { code, left, at: now });
  }

  recent(now: number): readonly LostWorker[] {
    for (const [name, { at }] of this.#lost) if (now - at >= SHOWN_MS) this.#lost.delete(name);
    return [...this.#lost].map(([name, { code, left }]) => ({ name, code, left }));
  }
}
