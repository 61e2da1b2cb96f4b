// Events that arise whenever they do, for one who iterates over them when they like.

export class EventQueue<T> implements AsyncIterable<T> {
  readonly #events: T[] = [];
  #end: { readonly failure: { readonly error: unknown } | undefined } | undefined;
  #wake: (() => void) | undefined;
  #taken: (() => void) | undefined;

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  push(event: T): void {
    this.#events.push(event);
    this.#wake?.();
  }

  /** Nothing comes after what is in it. */
  end(): void {
    this.#end ??= { failure: undefined };
    this.#wake?.();
  }

  /** After what is in it comes this error. */
  fail(error: unknown): void {
    this.#end ??= { failure: { error } };
    this.#wake?.();
  }

  /** Ends when whoever iterates has asked for more than there is. One at a time. */
  whenTaken(): Promise<void> {
    return new Promise((resolve) => {
      this.#taken = resolve;
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
        yield event;
      }
      this.#taken?.();
      if (this.#events.length > 0) continue;
      if (this.#end?.failure) throw this.#end.failure.error;
      if (this.#end) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
