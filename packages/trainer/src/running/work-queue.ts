// Work, done in order: at once, as long as none of it has to wait. What comes up while some is done comes after what is
// there already, so nobody who adds has to ask where in the work they stand.
/** Work, done in order. */
export class WorkQueue<T> {
  readonly #perform: (work: T) => Promise<void> | undefined;
  readonly #fail: (error: Error) => void;
  readonly #waiting: T[] = [];
  #isBusy = false;

  /**
   * @param perform gives a promise if what follows has to wait
   * @param fail hears of what it throws; nothing is done after that
   */
  constructor(perform: (work: T) => Promise<void> | undefined, fail: (error: Error) => void) {
    this.#perform = perform;
    this.#fail = fail;
  }

  /** @returns whether all of it is done */
  add(work: readonly T[]): boolean {
    this.#waiting.push(...work);
    if (!this.#isBusy) this.#work();
    return !this.#isBusy;
  }

  #work(): void {
    this.#isBusy = true;
    try {
      while (this.#waiting.length > 0) {
        const done = this.#perform(this.#waiting.shift() as T);
        if (!done) continue;
        done.then(() => this.#work(), this.#fail);
        return;
      }
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#isBusy = false;
  }
}
