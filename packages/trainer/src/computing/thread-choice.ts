// The contract of what chooses how many threads compute: it is told how long steps took with the number that it gave, and
// gives the next one. It has no clock and starts nothing. adaptive-choice.ts is the one that runs have; tests have scripts.
import type { WindowSize } from './step-window.js';

/** A value: the same times always come to the same choices. */
export interface ThreadChoice {
  /** So many compute now. */
  readonly threads: number;
  /** What the last window has decided; undefined while a number is only tried. */
  readonly change: ThreadChange | undefined;
  /** @param stepMs milliseconds a step, with `threads` */
  next(stepMs: number): ThreadChoice;
}

/** Another number of threads is to compute from now on. */
export interface ThreadChange {
  readonly threads: number;
  readonly before: number;
  /** Milliseconds that a step took with `threads`, and with `before`. */
  readonly stepMs: number;
  readonly beforeMs: number;
}

/** A way of choosing how many threads compute. */
export interface ThreadChoosing {
  readonly window: WindowSize;
  /**
   * @param numbers those that can be chosen, in falling order
   * @param threads one of them, to begin with
   */
  begin(numbers: readonly number[], threads: number): ThreadChoice;
}
