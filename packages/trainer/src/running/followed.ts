// What does nothing until it is iterated for its events, or asked for what comes of it, which iterates it: once.
// What happens then is its heir's.
import { ConfigError } from '@lockstep/core';
import { begin } from './begun.js';
import { EventQueue } from './event-queue.js';

/** What goes on by itself: iterate it for its events, or wait for its result. */
export abstract class Followed<E, R> implements AsyncIterable<E> {
  /** What arises, for whoever iterates. */
  protected readonly events = new EventQueue<E>();
  readonly #name: string;
  #begun = false;
  #result: R | undefined;

  /** @param name for errors */
  protected constructor(name: string) {
    this.#name = name;
  }

  protected get hasBegun(): boolean {
    return this.#begun;
  }

  protected get hasFinished(): boolean {
    return this.#result !== undefined;
  }

  /** From beginning to end; whatever ends it, it leaves nothing open. */
  protected abstract follow(): AsyncGenerator<E, void, undefined>;

  /** An event of a run that nobody iterates. */
  protected unheard(_event: E): void {}

  /** What has come of it. */
  protected finish(result: R): void {
    this.#result = result;
  }

  /** Goes on to the end, unless somebody iterates it, and gives what has come of it; throws what ended it otherwise. */
  async result(): Promise<R> {
    if (!this.#begun) for await (const event of this) this.unheard(event);
    if (!this.#result) {
      throw new ConfigError(`${this.#name}: it has not come to its end, so it has no result`);
    }
    return this.#result;
  }

  /** Goes on while it is iterated; can be iterated once. Leaving the loop early ends it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<E, void, undefined> {
    if (this.#begun) throw new ConfigError(`${this.#name}: it can be iterated only once`);
    this.#begun = true;
    begin(this);
    yield* this.follow();
  }
}
