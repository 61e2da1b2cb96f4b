// What callbacks answer. A run waits for the promise that it is given, unless somebody stops the run meanwhile.
// Invariant: a promise that comes to nothing keeps no run from ending; an answer that is there already is heard all the same.

/** Waits for what callbacks answer, until the run is stopped. */
export class Answers {
  #isStopped = false;
  #wake: (() => void) | undefined;

  /** The run is stopped: nobody waits any more. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  /** One after the other. @returns undefined if the run was stopped before the promise came to something */
  async to(answer: unknown): Promise<unknown> {
    if (typeof (answer as PromiseLike<unknown> | null | undefined)?.then !== 'function') {
      return answer;
    }
    // No Promise.race: each one would stay with the promise that outlives it, one a step.
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined);
      Promise.resolve(answer).then(resolve, reject);
      if (this.#isStopped) Promise.resolve().then(this.#wake);
    });
  }
}
