// A state on its way, in pieces that the receiver asks for one at a time: so it takes as much of a link as the receiver
// can use, and a slow one makes nobody queue anything. The same at workers and at the coordinator.
// Invariant: never more bytes than were announced, each piece once and in order, and `isWhole` only with the digest
// that was announced.

import { ProtocolError } from '@lockstep/errors';
import { sha256 } from '@lockstep/hash';
import { MAX_PIECE_BYTES } from './limits.js';

/** What is asked for: bytes [offset, offset + length). */
export interface StatePiece {
  readonly offset: number;
  readonly length: number;
}

/** At the receiver: pieces are copied and hashed as they come. */
export class IncomingState {
  readonly step: number;
  readonly bytes: Uint8Array;
  readonly #digest: string;
  readonly #pieceBytes: number;
  readonly #hash = sha256();
  #received = 0;
  #isWhole = false;

  /**
   * @param bytes its size, checked: so much memory is taken
   * @param pieceBytes so many are asked for at once
   */
  constructor(step: number, digest: string, bytes: number, pieceBytes: number = MAX_PIECE_BYTES) {
    this.step = step;
    this.bytes = new Uint8Array(bytes);
    this.#digest = digest;
    this.#pieceBytes = pieceBytes;
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** What to ask for next; of no length when it is whole. */
  get wanted(): StatePiece {
    const left = this.bytes.byteLength - this.#received;
    return { offset: this.#received, length: Math.min(left, this.#pieceBytes) };
  }

  /** @throws ProtocolError if it is not the piece that was asked for, or the last one gives another digest */
  take(offset: number, payload: readonly Uint8Array[]): void {
    const what = `take state: step ${this.step}`;
    const wanted = this.wanted;
    if (offset !== wanted.offset) {
      throw new ProtocolError(`${what}: a piece at byte ${offset}, expected ${wanted.offset}`);
    }
    const bytes = payload.reduce((sum, piece) => sum + piece.byteLength, 0);
    if (bytes === 0 || bytes !== wanted.length) {
      throw new ProtocolError(`${what}: a piece of ${bytes} bytes, expected ${wanted.length}`);
    }
    for (const piece of payload) {
      this.bytes.set(piece, this.#received);
      this.#hash.update(piece);
      this.#received += piece.byteLength;
    }
    if (this.#received < this.bytes.byteLength) return;
    const digest = this.#hash.hex();
    if (digest !== this.#digest) {
      throw new ProtocolError(`${what}: its digest is ${digest}, expected ${this.#digest}`);
    }
    this.#isWhole = true;
  }
}

/** At the sender. */
export class OutgoingState {
  readonly step: number;
  readonly #bytes: Uint8Array;
  #sent = 0;

  /** @param bytes not changed any more */
  constructor(step: number, bytes: Uint8Array) {
    this.step = step;
    this.#bytes = bytes;
  }

  get isSent(): boolean {
    return this.#sent === this.#bytes.byteLength;
  }

  /** @throws ProtocolError if it is not the next piece: each is sent once, in order, and none is larger than MAX_PIECE_BYTES */
  piece({ offset, length }: StatePiece): Uint8Array {
    const end = offset + length;
    const { byteLength } = this.#bytes;
    const isNext = offset === this.#sent && end <= byteLength;
    if (!isNext || length < 1 || length > MAX_PIECE_BYTES) {
      throw new ProtocolError(
        `send state: step ${this.step}: asked for bytes ${offset} to ${end} of ${byteLength}, ` +
          `${this.#sent} are sent; at most ${MAX_PIECE_BYTES} at once`,
      );
    }
    this.#sent = end;
    return this.#bytes.subarray(offset, end);
  }
}
