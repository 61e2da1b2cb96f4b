// A barrier for threads over shared memory. Whoever arrives last may do something for all before all go on.
// A waiting thread spins briefly, since the others are usually microseconds away, and then sleeps; it never
// sleeps for good, because an abort word is looked at whenever it wakes.

/** Words of an Int32Array that a barrier takes. */
export const BARRIER_WORDS = 3;

const ARRIVED = 0;
const ROUND = 1;
const ABORTED = 2;

/** A sleeper looks at the abort word at least this often, should a wake-up be lost. */
const SLEEP_MS = 50;
/** About 100 µs of looking before sleeping; threads differ by less in a step, and a wake-up takes 30 to 60 µs. */
const SPINS = 20_000;

export class Barrier {
  readonly #words: Int32Array;
  readonly #parties: number;
  readonly #spins: number;

  /**
   * @param words a view of BARRIER_WORDS words of shared memory, zero at first
   * @param spins how often to look before sleeping; 0 where there are more threads than cores
   */
  constructor(words: Int32Array, parties: number, spins = SPINS) {
    this.#words = words;
    this.#parties = parties;
    this.#spins = spins;
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
    const round = Atomics.load(words, ROUND);
    if (this.#parties === 1) {
      last?.();
      return true;
    }
    if (Atomics.add(words, ARRIVED, 1) === this.#parties - 1) {
      last?.();
      Atomics.store(words, ARRIVED, 0);
      Atomics.store(words, ROUND, round + 1);
      Atomics.notify(words, ROUND);
      return true;
    }
    for (let spin = 0; spin < this.#spins; spin++) {
      if (Atomics.load(words, ROUND) !== round) return true;
    }
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
