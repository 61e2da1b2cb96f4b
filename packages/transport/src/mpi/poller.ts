// Who asks MPI whether something has moved: one per process, in the thread of the event loop, while somebody has something under way.
// Right after something moved it asks in every turn; then it stands still for moments between two looks; then for longer, in
// proportion to how long nothing has moved. So an answer that comes soon is taken within microseconds, and waiting for a slow one
// leaves the cores to threads that compute: the usual wait of a rank is for others of the same machine.

export interface Polled {
  /** @returns whether something moved. It does not throw */
  poll(now: number): boolean;
}

/** Milliseconds since something moved: in these it asks in every turn of the event loop, … */
const EVERY_TURN_MS = 0.3;
/** … and in these it stands still before each. */
const NAPPING_MS = 4;
/** The system makes about twice that of it. */
const NAP_US = 50;
/** Then the pause is this part of how long nothing has moved. */
const PART = 1 / 8;
const LONGEST_MS = 20;

export class Poller {
  readonly #nap: (microseconds: number) => void;
  readonly #polled = new Set<Polled>();
  readonly #idle: (() => void)[] = [];
  #movedAt = 0;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(nap: (microseconds: number) => void) {
    this.#nap = nap;
  }

  add(one: Polled): void {
    this.#polled.add(one);
    this.wake();
  }

  delete(one: Polled): void {
    this.#polled.delete(one);
    if (this.#polled.size > 0) return;
    for (const tell of this.#idle.splice(0)) tell();
  }

  /** Something was begun, whose end may be near. */
  wake(): void {
    this.#movedAt = performance.now();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#polled.size > 0) this.#immediate ??= setImmediate(() => this.#turn());
  }

  /** Once nobody has anything under way. */
  idle(): Promise<void> {
    if (this.#polled.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #turn(): void {
    this.#immediate = undefined;
    const now = performance.now();
    for (const one of this.#polled) if (one.poll(now)) this.#movedAt = now;
    if (this.#polled.size === 0 || this.#immediate) return;
    const still = now - this.#movedAt;
    if (still > NAPPING_MS) {
      const pause = Math.min(Math.max(1, still * PART), LONGEST_MS);
      this.#timer = setTimeout(() => this.#turn(), pause);
      return;
    }
    if (still > EVERY_TURN_MS) this.#nap(NAP_US);
    this.#immediate = setImmediate(() => this.#turn());
  }
}
