// Looks at a run between two of its steps: who wants one waits until the step that is under way is over, and no other begins
// before it was taken. So what is seen is of one step, whole.

export class Looks {
  readonly #requestPause: () => void;
  #waiting: (() => void)[] = [];
  #isBusy = false;

  /** @param requestPause lets what is being computed end after the step that it is at */
  constructor(requestPause: () => void) {
    this.#requestPause = requestPause;
  }

  /** Takes one at once where no steps are taken now, else as soon as it can be. */
  take<T>(look: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(look());
        } catch (error) {
          reject(error);
        }
      });
      if (this.#isBusy) this.#requestPause();
      else this.serve();
    });
  }

  /** Whoever wants one has it now. Between steps. */
  serve(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) look();
  }

  /** While steps are taken: `work` serves looks between them, and those that are left have theirs when it is over. */
  async during(work: () => Promise<void>): Promise<void> {
    this.#isBusy = true;
    try {
      await work();
    } finally {
      this.#isBusy = false;
      this.serve();
    }
  }
}
