// Collects how long steps took until there are enough of them to go by, the first ones left out: they bind programs and
// fill caches. It reads no clock.

export interface WindowSize {
  /** Left out where a number of threads begins: at least so many steps, and so long. */
  readonly warmUp: Least;
  /** Of the windows that are measured. */
  readonly measured: Least;
}

interface Least {
  readonly steps: number;
  readonly ms: number;
}

export class StepWindow {
  readonly #size: WindowSize;
  #isWarm = false;
  #steps = 0;
  #ms = 0;

  constructor(size: WindowSize) {
    this.#size = size;
  }

  /** @returns milliseconds a step, if this one ends a window */
  note(ms: number): number | undefined {
    this.#steps++;
    this.#ms += ms;
    const least = this.#isWarm ? this.#size.measured : this.#size.warmUp;
    if (this.#steps < least.steps || this.#ms < least.ms) return undefined;
    const mean = this.#isWarm ? this.#ms / this.#steps : undefined;
    this.#isWarm = true;
    this.#steps = this.#ms = 0;
    return mean;
  }
}
