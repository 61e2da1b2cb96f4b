// What a link's owner sees, whatever carries it: nothing before start, everything in order, `closed` once and last.
// Both implementations push here; this is the only place that calls handlers. It knows no sockets.
import type { ControlMessage, FrameHeader } from '@lockstep/wire';
import type { CloseReason, LinkHandlers } from './link.js';

type Delivery = (handlers: LinkHandlers) => void;

export class Inbox {
  #handlers: LinkHandlers | undefined;
  #kept: Delivery[] = [];
  #draining = false;
  #ended = false;

  /** Whether the owner can be given something at once. */
  get live(): boolean {
    return this.#handlers !== undefined && !this.#draining;
  }

  get started(): boolean {
    return this.#handlers !== undefined;
  }

  /** Whether `end` was called: nothing that comes later counts. */
  get ended(): boolean {
    return this.#ended;
  }

  /** @param ready called when what was kept is delivered, unless the link ended meanwhile */
  start(handlers: LinkHandlers, ready: () => void): void {
    if (this.#handlers !== undefined) throw new Error('link.start: the link was started before');
    this.#handlers = handlers;
    this.#draining = true;
    setImmediate(() => {
      this.#drain();
      if (!this.#ended) ready();
    });
  }

  control(message: ControlMessage): void {
    this.#push((handlers) => handlers.control(message));
  }

  frame(header: FrameHeader, payload: readonly Uint8Array[]): void {
    if (this.live && !this.#ended) this.#handlers?.frame(header, payload);
    else this.#push((handlers) => handlers.frame(header, payload));
  }

  /**
   * The link is over. `discard` when this side closed it: what was not delivered yet is dropped; when the other side
   * did, what came before is still delivered, in order. `closed` is called later, never from inside this call.
   */
  end(reason: CloseReason, discard: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    if (discard) this.#kept = [];
    this.#kept.push((handlers) => handlers.closed(reason));
    if (this.live) {
      this.#draining = true;
      setImmediate(() => this.#drain());
    }
  }

  #push(delivery: Delivery): void {
    if (this.#ended) return;
    if (this.live && this.#handlers !== undefined) delivery(this.#handlers);
    else this.#kept.push(delivery);
  }

  #drain(): void {
    // A handler may close the link, which empties the list, or start more traffic, which adds to it.
    for (let delivery = this.#kept.shift(); delivery !== undefined; delivery = this.#kept.shift()) {
      if (this.#handlers !== undefined) delivery(this.#handlers);
    }
    this.#draining = false;
  }
}
