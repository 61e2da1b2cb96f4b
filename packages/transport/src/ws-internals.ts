// The one place that touches what ws does not document: its receiver's size limit, which has no setter once the
// connection is open. ws is pinned to an exact version; the field is proven to be the limit each time, because it must
// hold the very number that the connection was opened with. A ws that keeps it elsewhere fails here, loudly, before
// any connection is used, and the contract tests see that the limit bites.
import type { WebSocket } from 'ws';

interface Receiver {
  _maxPayload: number;
}

export class MessageLimit {
  readonly #receiver: Receiver;

  /** @param opened the `maxPayload` that the connection was opened with */
  constructor(socket: WebSocket, opened: number) {
    const receiver = (socket as unknown as { _receiver?: Partial<Receiver> | null })._receiver;
    if (receiver?._maxPayload !== opened) {
      throw new Error(
        `transport: this version of ws keeps its message limit elsewhere; expected ${opened}, got ${receiver?._maxPayload}`,
      );
    }
    this.#receiver = receiver as Receiver;
  }

  /** Messages whose declared size is above this are refused before memory is taken; the one in progress too. */
  set(bytes: number): void {
    this.#receiver._maxPayload = bytes;
  }
}
