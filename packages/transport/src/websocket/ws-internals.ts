// The one place that touches what ws does not document: its receiver's limits and pace, which have no setter once the
// connection is open. ws is pinned to an exact version; the fields are proven to be the limits each time, because they must hold
// the very numbers that the connection was opened with. A ws that keeps them elsewhere fails here, loudly, before
// any connection is used, and the contract tests see that the limits bite.
import { LockstepError } from '@lockstep/errors';
import type { WebSocket } from 'ws';

interface Receiver {
  _maxPayload: number;
  _maxBufferedChunks: number;
  _maxFragments: number;
  _allowSynchronousEvents: boolean;
}

/**
 * What a message of so many bytes at most may come in: a chunk costs memory beside its bytes, and a fragment keeps the
 * chunk alive that it came in. Our fragments have 4 KiB on average, chunks a TCP segment or a record of TLS.
 */
export function receiverLimits(messageBytes: number) {
  return {
    maxPayload: messageBytes,
    maxBufferedChunks: 1024 + Math.ceil(messageBytes / 256),
    maxFragments: 64 + Math.ceil(messageBytes / 4096),
  };
}

export class MessageLimit {
  readonly #receiver: Receiver;

  /** @param opened the connection was opened with `receiverLimits` of this */
  constructor(socket: WebSocket, opened: number) {
    const receiver = (socket as unknown as { _receiver?: Partial<Receiver> | null })._receiver;
    const { maxPayload, maxBufferedChunks, maxFragments } = receiverLimits(opened);
    const is = [
      receiver?._maxPayload,
      receiver?._maxBufferedChunks,
      receiver?._maxFragments,
      receiver?._allowSynchronousEvents,
    ];
    const expected = [maxPayload, maxBufferedChunks, maxFragments, true];
    if (is.some((limit, i) => limit !== expected[i])) {
      throw new LockstepError(
        'internal',
        `transport: this version of ws keeps its message limits elsewhere; expected ${expected}, got ${is}`,
      );
    }
    this.#receiver = receiver as Receiver;
  }

  /** Messages whose declared size is above this are refused before memory is taken; the one in progress too. */
  set(bytes: number): void {
    const { maxPayload, maxBufferedChunks, maxFragments } = receiverLimits(bytes);
    this.#receiver._maxPayload = maxPayload;
    this.#receiver._maxBufferedChunks = maxBufferedChunks;
    this.#receiver._maxFragments = maxFragments;
  }

  /** Whether what is in a chunk already comes one a turn of the event loop: ws's `allowSynchronousEvents: false`. */
  set isSlow(isSlow: boolean) {
    this.#receiver._allowSynchronousEvents = !isSlow;
  }
}
