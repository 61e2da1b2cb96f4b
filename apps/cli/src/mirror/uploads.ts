// What is on its way to a store: one view of the run at a time, and the newest waits; those in between are dropped. What fails is
// tried again after a pause that grows. Nobody waits for it but `finish`, and that not for long.
import { setTimeout as sleep } from 'node:timers/promises';
import { MirrorTakenError } from './manifest.js';
import type { RunView } from './run-files.js';

const SHORTEST_MS = 1000;
const LONGEST_MS = 60_000;
/** At the end, where somebody waits. */
const LAST_TRIES = 3;
const LAST_PAUSE_MS = 500;

/** @param random in [0, 1), so that many runs do not come to a store that is back all at once */
export function pauseMs(failures: number, random: number): number {
  return Math.min(LONGEST_MS, SHORTEST_MS * 2 ** (failures - 1)) * (0.5 + 0.5 * random);
}

export interface UploadsOptions {
  /** @returns false if the view is too old to be sent */
  readonly save: (view: RunView, signal: AbortSignal) => Promise<boolean>;
  readonly onSaved: (view: RunView, failures: number) => void;
  /** Before it is tried again. @param failures one after the other, this one included */
  readonly onFailed: (error: unknown, view: RunView, failures: number) => void;
  /** Another process writes there: nothing is sent any more. */
  readonly onTaken: (error: MirrorTakenError) => void;
}

export class Uploads {
  readonly #options: UploadsOptions;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #waiting: RunView | undefined;
  #work: Promise<void> | undefined;
  #triesLeft = Number.POSITIVE_INFINITY;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /** It is sent next, in place of whatever waits. */
  offer(view: RunView): void {
    if (this.#stop.signal.aborted) return;
    this.#waiting = view;
    this.#work ??= this.#send().finally(() => {
      this.#work = undefined;
    });
  }

  get isIdle(): boolean {
    return this.#work === undefined;
  }

  /**
   * Waits until all is sent, or a few more tries have failed, or for so long.
   *
   * @param signal of somebody who does not want to wait any more
   * @returns what did not get there; undefined if all did
   */
  async finish(limitMs: number, signal?: AbortSignal): Promise<RunView | undefined> {
    if (!this.#work) return undefined;
    this.#triesLeft = LAST_TRIES;
    this.#wake.abort();
    const stop = (): void => this.stop();
    const timer = setTimeout(stop, limitMs);
    signal?.addEventListener('abort', stop);
    await this.#work;
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    return this.#waiting;
  }

  /** At once, with whatever is under way. */
  stop(): void {
    this.#stop.abort();
    this.#wake.abort();
  }

  async #send(): Promise<void> {
    const { save, onSaved, onFailed, onTaken } = this.#options;
    const { signal } = this.#stop;
    for (let failures = 0; this.#waiting && !signal.aborted; ) {
      const view = this.#waiting;
      try {
        const isSaved = await save(view, signal);
        // One that is too old has a newer one behind it.
        if (this.#waiting === view) this.#waiting = undefined;
        if (isSaved) onSaved(view, failures);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof MirrorTakenError) {
          this.stop();
          onTaken(error);
          return;
        }
        failures++;
        onFailed(error, view, failures);
        if (--this.#triesLeft <= 0) return;
        await this.#pause(failures);
      }
    }
  }

  async #pause(failures: number): Promise<void> {
    const isLast = Number.isFinite(this.#triesLeft);
    const ms = isLast ? LAST_PAUSE_MS : pauseMs(failures, Math.random());
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
    await sleep(ms, undefined, { signal: this.#wake.signal }).catch(() => undefined);
  }
}
