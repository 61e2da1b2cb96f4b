// A barrier for threads over shared memory. Whoever arrives last may do something for all before all go on.
// A waiting thread spins as briefly as has paid (spinning.ts), and then sleeps; it never sleeps for good, because an abort
// word is looked at whenever it wakes.
import { Spinning } from './spinning.js';

/** Words of an Int32Array that a barrier takes. */
export const BARRIER_WORDS = 3;

const ARRIVED = 0;
const ROUND = 1;
const ABORTED = 2;

/** A sleeper looks at the abort word at least this often, should a wake-up be lost. */
const SLEEP_MS = 50;

export class Barrier {
  readonly #words: Int32Array;
  readonly #parties: number;
  readonly #spinning: Spinning;

  /**
   * @param words a view of BARRIER_WORDS words of shared memory, zero at first
   * @param mostLooks before sleeping; 0 where there are more threads than cores
   */
  constructor(words: Int32Array, parties: number, mostLooks?: number) {
    this.#words = words;
    this.#parties = parties;
    this.#spinning = new Spinning(mostLooks);
  }

  /**
   * Waits until all parties have arrived.
   *
   * @param last run by the last to arrive, before anyone goes on
   * @returns false if the barrier was aborted, and then nobody may rely on the others
   */
  wait(last?: () => void): boolean {
    const words = this.#words;
    if (Atomics.load(words, ABORTED)) return false;
    if (this.#parties === 1) {
      last?.();
      return true;
    }
    const round = Atomics.load(words, ROUND);
    if (Atomics.add(words, ARRIVED, 1) === this.#parties - 1) {
      last?.();
      Atomics.store(words, ARRIVED, 0);
      Atomics.store(words, ROUND, round + 1);
      Atomics.notify(words, ROUND);
      return true;
    }
    const looks = this.#spinning.begin();
    for (let look = 0; look < looks; look++) {
      if (Atomics.load(words, ROUND) === round) continue;
      this.#spinning.met(look);
      return true;
    }
    this.#spinning.missed();
    while (Atomics.load(words, ROUND) === round) {
      if (Atomics.load(words, ABORTED)) return false;
      Atomics.wait(words, ROUND, round, SLEEP_MS);
    }
    return true;
  }

  /** Lets everyone who waits, or comes later, go with `false`. */
  abort(): void {
    Atomics.store(this.#words, ABORTED, 1);
    Atomics.notify(this.#words, ROUND);
  }

  /** Makes an aborted barrier new. Only while nobody waits at it. */
  reset(): void {
    Atomics.store(this.#words, ARRIVED, 0);
    Atomics.store(this.#words, ABORTED, 0);
  }
}
