// A page's stream of messages. A page that does not read as fast as things happen gets fewer samples, each of which covers more
// time, and every event; so it is never behind by more than one of each, and what is kept for it never grows.
import type { Message } from '../contract.js';
import { joinSamples } from './samples.js';

/** Events are few; a page that has left so many unread is gone. */
const MOST_WAITING = 5000;

export interface SubscriberOptions {
  /** @returns whether more may be written; if not, `drained` is called when it may */
  write(text: string): boolean;
  /** Too much is left unread. */
  giveUp(): void;
  /** All is written, and nothing more will be. */
  end(): void;
}

export class Subscriber {
  readonly #options: SubscriberOptions;
  #isFull = false;
  #waiting: Message[] = [];
  #isEnding = false;

  constructor(options: SubscriberOptions) {
    this.#options = options;
  }

  send(message: Message): void {
    if (!this.#isFull) {
      this.#write(message);
      return;
    }
    this.#waiting = merged(this.#waiting, message);
    if (this.#waiting.length > MOST_WAITING) this.#options.giveUp();
  }

  /** An empty line, so that a page which hears nothing knows that nobody is there. Who has something left to read hears enough. */
  beat(): void {
    if (!this.#isFull) this.#isFull = !this.#options.write('\n');
  }

  /** Nothing comes after this one: it ends when that is written. */
  finish(last: Message): void {
    this.send(last);
    this.#isEnding = true;
    this.#endIfDone();
  }

  drained(): void {
    this.#isFull = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) this.send(message);
    this.#endIfDone();
  }

  #endIfDone(): void {
    // What does not fit the buffer is written all the same, and what waits behind it is not.
    if (this.#isEnding && this.#waiting.length === 0) this.#options.end();
  }

  #write(message: Message): void {
    this.#isFull = !this.#options.write(`${JSON.stringify(message)}\n`);
  }
}

/** What a newer message makes of those that wait: it takes the place of those that say less. */
function merged(waiting: readonly Message[], message: Message): Message[] {
  if (message.type === 'runs') {
    return [...waiting.filter(({ type }) => type !== 'runs'), message];
  }
  if (message.type === 'model') {
    const isOlder = (other: Message) => other.type === 'model' && other.run === message.run;
    return [...waiting.filter((other) => !isOlder(other)), message];
  }
  if (message.type !== 'sample') return [...waiting, message];
  const at = waiting.findLastIndex((other) => other.type === 'sample' && other.run === message.run);
  const before = waiting[at];
  if (before?.type !== 'sample') return [...waiting, message];
  const sample = joinSamples(before.sample, message.sample);
  return waiting.with(at, { ...message, sample });
}
