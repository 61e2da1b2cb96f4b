// The one place that touches what ws does not document: its receiver's limits and pace, which have no setter once the
// connection is open, and that it puts a large fragment together in a new buffer, which is left out. ws is pinned to an exact
// version; the fields are proven to be the limits each time, because they must hold the very numbers that the connection was
// opened with. A ws that keeps them elsewhere fails here, loudly, before any connection is used, and the contract tests see
// that the limits bite.
import { LockstepError } from '@lockstep/errors';
import type { WebSocket } from 'ws';

interface Receiver {
  _maxPayload: number;
  _maxBufferedChunks: number;
  _maxFragments: number;
  _allowSynchronousEvents: boolean;
}

/** What its receiver is at while a fragment comes in. */
interface Receiving {
  readonly _opcode: number;
  readonly _compressed: boolean;
  readonly _payloadLength: number;
  readonly _totalPayloadLength: number;
  readonly _maxFragments: number;
  readonly _buffers: Buffer[];
  readonly _fragments: Buffer[];
  _bufferedBytes: number;
  _numFragments: number;
  _messageLength: number;
  _mask: Uint8Array | undefined;
  consume(bytes: number): Buffer;
  getData(done: (error?: Error) => void): void;
  dataMessage(done: (error?: Error) => void): void;
}

/** Control frames have these opcodes, and their bytes are looked at. */
const FIRST_CONTROL_OPCODE = 8;
/** A smaller fragment is mostly within one chunk. */
const LARGE_FRAGMENT_BYTES = 64 * 1024;

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

/**
 * ws copies a fragment that came in several chunks to one new buffer: as much again as copying it to its place, and new pages
 * each time. From now on a large one that needs no unmasking is handed on as the windows on the chunks that it came in.
 *
 * @throws LockstepError if this version of ws keeps what comes in elsewhere
 */
export function leaveInChunks(socket: WebSocket): void {
  const receiver = (socket as unknown as { _receiver: Receiving })._receiver;
  const { getData, dataMessage, consume, _buffers, _fragments, _bufferedBytes } = receiver;
  const functions = [getData, dataMessage, consume].every((of) => typeof of === 'function');
  const isKnown = functions && Array.isArray(_buffers) && Array.isArray(_fragments);
  if (!isKnown || typeof _bufferedBytes !== 'number') {
    throw new LockstepError(
      'internal',
      'transport: this version of ws keeps what comes in elsewhere',
    );
  }
  receiver.getData = (done) => {
    const bytes = receiver._payloadLength;
    const isWhole = bytes >= LARGE_FRAGMENT_BYTES && receiver._bufferedBytes >= bytes;
    const isPlain = receiver._opcode < FIRST_CONTROL_OPCODE && !receiver._compressed;
    const isMasked = receiver._mask?.some((byte) => byte !== 0) ?? false;
    const isOneTooMany = receiver._numFragments >= receiver._maxFragments;
    if (!isWhole || !isPlain || isMasked || isOneTooMany) {
      getData.call(receiver, done);
      return;
    }
    for (let left = bytes; left > 0; ) {
      // Of no more than a chunk it gives a window.
      const window = receiver.consume(Math.min(left, receiver._buffers[0]!.length));
      receiver._fragments.push(window);
      left -= window.length;
    }
    receiver._mask = undefined;
    receiver._numFragments += 1;
    receiver._messageLength = receiver._totalPayloadLength;
    receiver.dataMessage(done);
  };
}
