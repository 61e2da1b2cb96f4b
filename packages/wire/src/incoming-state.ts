// A state on its way in, at a worker or at the coordinator: pieces in order, copied and hashed as they come.
// Invariant: never more bytes than were announced, and `isWhole` only with the digest that was announced.
import { createHash } from 'node:crypto';

export class IncomingState {
  readonly step: number;
  readonly bytes: Uint8Array;
  readonly #digest: string;
  readonly #hash = createHash('sha256');
  #received = 0;
  #isWhole = false;

  /** @param bytes its size, checked: so much memory is taken */
  constructor(step: number, digest: string, bytes: number) {
    this.step = step;
    this.bytes = new Uint8Array(bytes);
    this.#digest = digest;
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** @throws RangeError if the pieces are out of order, too many, or have another digest */
  take(offset: number, payload: readonly Uint8Array[]): void {
    const what = `take state: step ${this.step}`;
    if (offset !== this.#received) {
      throw new RangeError(`${what}: a piece at byte ${offset}, expected ${this.#received}`);
    }
    const bytes = payload.reduce((sum, piece) => sum + piece.byteLength, 0);
    const left = this.bytes.byteLength - offset;
    if (bytes === 0 || bytes > left) {
      throw new RangeError(`${what}: a piece of ${bytes} bytes, ${left} are left`);
    }
    for (const piece of payload) {
      this.bytes.set(piece, this.#received);
      this.#hash.update(piece);
      this.#received += piece.byteLength;
    }
    if (bytes < left) return;
    const digest = this.#hash.digest('hex');
    if (digest !== this.#digest) {
      throw new RangeError(`${what}: its digest is ${digest}, expected ${this.#digest}`);
    }
    this.#isWhole = true;
  }
}
