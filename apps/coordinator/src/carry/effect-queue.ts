// Effects, carried out in order: at once, as long as none has to wait. Effects that carrying one out leads to come after
// those that are there.
export class EffectQueue<T> {
  readonly #carryOut: (effect: T) => Promise<void> | undefined;
  readonly #fail: (error: Error) => void;
  readonly #waiting: T[] = [];
  #isCarrying = false;

  /**
   * @param carryOut gives a promise if what follows has to wait
   * @param fail hears of what it throws; nothing is carried out after that
   */
  constructor(carryOut: (effect: T) => Promise<void> | undefined, fail: (error: Error) => void) {
    this.#carryOut = carryOut;
    this.#fail = fail;
  }

  add(effects: readonly T[]): void {
    this.#waiting.push(...effects);
    if (!this.#isCarrying) this.#carry();
  }

  #carry(): void {
    this.#isCarrying = true;
    try {
      for (let effect = this.#waiting.shift(); effect; effect = this.#waiting.shift()) {
        const done = this.#carryOut(effect);
        if (!done) continue;
        done.then(() => this.#carry(), this.#fail);
        return;
      }
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#isCarrying = false;
  }
}
