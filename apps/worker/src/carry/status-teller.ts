// What a worker does, as events: told once it has lasted for a second, so that a log holds what a person would notice
// and not each of the many changes of a short epoch.
// Invariant: the same activity is not told twice in a row, but for one with a detail (so much of a dataset is there),
// which is told again every 10 s.

const LASTING_MS = 1000;
const AGAIN_MS = 10_000;

export interface Activity {
  /** In words. */
  readonly doing: string;
  /** How far it has come, in words; '' if there is nothing to say. */
  readonly detail: string;
}

export class StatusTeller {
  readonly #tell: (doing: string) => void;
  #current: Activity | undefined;
  #told = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (doing: string) => void) {
    this.#tell = tell;
  }

  /** @param activity undefined if others tell of it, or it is over */
  take(activity: Activity | undefined): void {
    const isSame = activity?.doing === this.#current?.doing;
    this.#current = activity;
    if (isSame) return;
    clearTimeout(this.#timer);
    if (activity) this.#arm(LASTING_MS);
  }

  /** From here on the same activity is news again. */
  forget(): void {
    this.#told = '';
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => this.#look(), ms);
    // A page's timers are numbers, and keep nothing alive.
    this.#timer.unref?.();
  }

  #look(): void {
    const { doing, detail } = this.#current!;
    if (detail !== '') this.#arm(AGAIN_MS);
    else if (doing === this.#told) return;
    this.#told = doing;
    this.#tell(detail === '' ? doing : `${doing}: ${detail}`);
  }
}
