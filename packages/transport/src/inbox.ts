// What a link's owner sees, whatever carries it: nothing before start, everything in order, `closed` once and last, and
// in one turn of the event loop no more than others can wait for. A link pushes here; this is the only place
// that calls handlers. It knows no sockets.
import { LockstepError } from '@lockstep/errors';
import type { CloseReason, LinkHandlers } from './link.js';
import { nextTurn } from './next-turn.js';

/** Calls a handler, once it may be called; what has to be decoded before is decoded then. */
export type Delivery = (handlers: LinkHandlers) => void;

/**
 * Deliveries until the next turn of the event loop is waited for: there are never more in one. A step has a handful, of
 * one worker; this many small ones take about a millisecond.
 */
const DELIVERIES_A_TURN = 32;

export class Inbox {
  #handlers: LinkHandlers | undefined;
  #drained: () => void = () => {};
  #kept: Delivery[] = [];
  #draining = false;
  /** Deliveries that there is still room for. */
  #room = DELIVERIES_A_TURN;
  #turnIsSet = false;
  #ended = false;
  #told = false;

  /** Whether the owner can be given something at once. */
  get live(): boolean {
    return this.#handlers !== undefined && !this.#draining;
  }

  /** Whether something waits for a later turn, or for the owner: no more should be read. */
  get waits(): boolean {
    return this.#kept.length > 0;
  }

  /** Whether `end` was called: nothing that comes later counts. */
  get ended(): boolean {
    return this.#ended;
  }

  /** @param drained called each time when nothing waits any more, unless the link has ended */
  start(handlers: LinkHandlers, drained: () => void): void {
    if (this.#handlers !== undefined)
      throw new LockstepError('internal', 'link.start: the link was started before');
    this.#handlers = handlers;
    this.#drained = drained;
    this.#draining = true;
    this.#nextTurn();
  }

  push(delivery: Delivery): void {
    if (this.#ended) return;
    if (!this.live) {
      this.#kept.push(delivery);
      return;
    }
    this.#room -= 1;
    if (this.#room === 0) {
      this.#draining = true;
      this.#nextTurn();
    }
    delivery(this.#handlers!);
  }

  /**
   * The link is over. `discard` when this side closed it: what was not delivered yet is dropped; when the other side
   * did, what came before is still delivered, in order, unless this side finds that it must not be: then its reason
   * counts. `closed` is called later, never from inside this call.
   */
  end(reason: CloseReason, discard: boolean): void {
    if (this.#told || (this.#ended && !discard)) return;
    this.#ended = true;
    if (discard) this.#kept = [];
    this.#kept.push((handlers) => {
      this.#told = true;
      handlers.closed(reason);
    });
    if (this.#handlers === undefined) return;
    this.#draining = true;
    this.#nextTurn();
  }

  #nextTurn(): void {
    if (this.#turnIsSet) return;
    this.#turnIsSet = true;
    nextTurn(() => {
      this.#turnIsSet = false;
      this.#room = DELIVERIES_A_TURN;
      if (this.#draining) this.#drain();
    });
  }

  #drain(): void {
    // A handler may close the link, which empties the list, or start more traffic, which adds to it.
    while (this.#kept.length > 0 && this.#room > 0) {
      this.#room -= 1;
      this.#kept.shift()!(this.#handlers!);
    }
    const isEmpty = this.#kept.length === 0;
    this.#draining = !isEmpty || this.#room === 0;
    if (this.#draining) this.#nextTurn();
    if (isEmpty && !this.#ended) this.#drained();
  }
}
