// How often a thread looks before it sleeps at a barrier, by what became of its waits: while the others come within
// microseconds it looks, since a wake-up takes longer; where they do not (their core has other work, a CPU quota is used up)
// it sleeps at once, since looking takes time from them. It knows no clock, and cannot change a result.

/** About 100 µs; a wake-up takes 30 to 60 µs. */
const MOST = 20_000;
/** Less than this part of them is none. */
const LEAST = 1 / 16;
/** Where looking does not pay, it is tried again at every so many waits. */
const TRY_EVERY = 32;

export class Spinning {
  readonly #most: number;
  #looks: number;
  #unlooked = 0;

  /** @param most looks in a wait; 0 where those who are waited for have no core of their own */
  constructor(most = MOST) {
    this.#most = most;
    this.#looks = most;
  }

  /** How often to look in the wait that begins. */
  begin(): number {
    if (this.#looks > 0) return this.#looks;
    this.#unlooked = (this.#unlooked + 1) % TRY_EVERY;
    return this.#unlooked === 0 ? this.#most : 0;
  }

  /** The others came after so many looks. */
  met(looks: number): void {
    this.#looks = Math.min(this.#most, Math.max(LEAST * this.#most, 2 * this.#looks, 2 * looks));
  }

  /** They did not come while it looked. */
  missed(): void {
    this.#looks = this.#looks >= 2 * LEAST * this.#most ? this.#looks / 2 : 0;
  }
}
