// Collects how long steps took until there are enough of them to go by, the first ones left out: they bind programs and
// fill caches. It reads no clock.

export interface WindowSize {
  /** Left out where a number of threads begins: at least so many steps, and so long. */
  readonly warmUp: Least;
  /** Of the windows that are measured. */
  readonly measured: Least;
  /** Nobody waits for the end of a window in which most steps are so much longer than those before; by default somebody does. */
  readonly hopeless?: Hopeless;
}

interface Least {
  readonly steps: number;
  readonly ms: number;
}

interface Hopeless {
  /** After at least so many. */
  readonly steps: number;
  /** So many times as long as before. */
  readonly factor: number;
}

/** Of a hopeless window's steps; the others may have been cut in by whatever else runs there. */
const MOST = 0.75;

export class StepWindow {
  readonly #size: WindowSize;
  readonly #limit: number;
  #isWarm = false;
  #steps = 0;
  #long = 0;
  #ms = 0;
  #last: number | undefined;

  /** @param before milliseconds a step of the window before it, of another number of threads */
  constructor(size: WindowSize, before = Number.POSITIVE_INFINITY) {
    this.#size = size;
    this.#limit = (size.hopeless?.factor ?? Number.POSITIVE_INFINITY) * before;
  }

  /** What the last window came to, if one is over. */
  get last(): number | undefined {
    return this.#last;
  }

  /** @returns milliseconds a step, if this one ends a window */
  note(ms: number): number | undefined {
    this.#steps++;
    this.#ms += ms;
    if (ms > this.#limit) this.#long++;
    const least = this.#isWarm ? this.#size.measured : this.#size.warmUp;
    const isOver = this.#steps >= least.steps && this.#ms >= least.ms;
    if (!isOver && !(this.#isWarm && this.#isHopeless)) return undefined;
    const mean = this.#ms / this.#steps;
    this.#steps = this.#long = this.#ms = 0;
    if (!this.#isWarm) {
      this.#isWarm = true;
      return undefined;
    }
    this.#last = mean;
    return mean;
  }

  get #isHopeless(): boolean {
    return this.#steps >= (this.#size.hopeless?.steps ?? 0) && this.#long > MOST * this.#steps;
  }
}
