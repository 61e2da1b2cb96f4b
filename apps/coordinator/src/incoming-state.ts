// A state on its way from a member into memory: pieces in order, exactly the bytes that the run's states have, and at
// the end the digest that was promised. What does not fit is refused with the reason.
import { createHash, type Hash } from 'node:crypto';
import type { FrameHeader, HeldState } from '@lockstep/wire';
import type { MemberId } from './membership/types.js';

export class IncomingState {
  readonly from: MemberId;
  readonly generation: number;
  readonly held: HeldState;
  readonly #bytes: Uint8Array;
  readonly #hash: Hash = createHash('sha256');
  #received = 0;

  /** @param stateBytes of every state of the run */
  constructor(from: MemberId, generation: number, held: HeldState, stateBytes: number) {
    this.from = from;
    this.generation = generation;
    this.held = held;
    this.#bytes = new Uint8Array(stateBytes);
  }

  /**
   * Takes a piece.
   *
   * @returns the whole state after its last piece; undefined before
   * @throws RangeError if the piece is not the next one, or the whole is not what it was said to be
   */
  accept(header: FrameHeader, payload: readonly Uint8Array[]): Uint8Array | undefined {
    const { step, digest } = this.held;
    const total = this.#bytes.length;
    const { offset, bytes } = header;
    if (
      header.step !== step ||
      offset !== this.#received ||
      bytes === 0 ||
      offset + bytes > total
    ) {
      throw new RangeError(
        `state: got bytes ${offset} to ${offset + bytes} of step ${header.step}, ` +
          `expected what follows ${this.#received} of ${total} of step ${step}`,
      );
    }
    for (const piece of payload) {
      this.#bytes.set(piece, this.#received);
      this.#hash.update(piece);
      this.#received += piece.length;
    }
    if (this.#received < total) return undefined;
    const found = this.#hash.digest('hex');
    if (found !== digest) {
      throw new RangeError(`state: step ${step} has digest ${found}, expected ${digest}`);
    }
    return this.#bytes;
  }
}
