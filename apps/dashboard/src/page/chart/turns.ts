// Who draws in which frame: one a frame, in turns, so that many charts that change at once hold up neither each other nor the reader.
// Invariant: whoever asked draws once after it asked last; nobody waits for longer than the others take together.
export class Turns {
  readonly #waiting = new Map<object, () => void>();
  readonly #nextFrame: (then: () => void) => void;
  #isAsked = false;

  constructor(nextFrame: (then: () => void) => void = requestAnimationFrame) {
    // A browser's function wants to be called by itself.
    this.#nextFrame = (then) => nextFrame(then);
  }

  /** @param draw in place of what the same one wanted to draw before */
  ask(who: object, draw: () => void): void {
    this.#waiting.set(who, draw);
    this.#next();
  }

  /** It draws no longer. */
  leave(who: object): void {
    this.#waiting.delete(who);
  }

  #next(): void {
    if (this.#isAsked || this.#waiting.size === 0) return;
    this.#isAsked = true;
    this.#nextFrame(() => {
      this.#isAsked = false;
      const [first] = this.#waiting;
      if (first === undefined) return;
      const [who, draw] = first;
      this.#waiting.delete(who);
      draw();
      this.#next();
    });
  }
}
