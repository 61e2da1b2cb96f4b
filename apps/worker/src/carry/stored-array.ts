// Where the arrays of datasets are kept from run to run, by the SHA-256 of their bytes: files of a folder, or a browser's own
// storage. Invariant: what is kept is never trusted; it is hashed before it is used, so that damage costs only a new fetch. Where
// nothing can be kept, nothing is, and nothing fails.
import { DataError } from '@lockstep/core';
import { type Sha256, sha256 } from '@lockstep/hash';

/** One array on its way into memory, from where it is kept or from elsewhere piece by piece. */
export interface StoredArray {
  /** Bytes that are in memory. */
  readonly bytes: number;
  /** @returns whether the whole array was kept, and is in memory now */
  readWhole(): Promise<boolean>;
  /** Takes the beginning that is kept into memory, and keeps what follows. */
  begin(): Promise<void>;
  /** The next bytes. */
  append(pieces: readonly Uint8Array[]): Promise<void>;
  /** All is there. @returns whether it is right; if not, everything begins again */
  finish(): Promise<boolean>;
  /** Leaves the part for another time. */
  close(): Promise<void>;
}

/** @param memory where the array goes, of its size */
export type ArrayStore = (sha256: string, memory: Uint8Array) => StoredArray;

const DIGITS = /^[0-9a-f]{64}$/;

/** Whether it is a SHA-256 as arrays are called by. */
export function isArrayName(name: string): boolean {
  return DIGITS.test(name);
}

/** An array's memory as it fills, and the hash of what is there. */
export class Filling {
  readonly sha256: string;
  readonly memory: Uint8Array;
  #hash: Sha256 = sha256();
  #bytes = 0;

  /**
   * @param digest the only thing of a name that a stranger chooses
   * @throws DataError unless it is 64 lower-case hexadecimal digits
   */
  constructor(digest: string, memory: Uint8Array) {
    if (!isArrayName(digest)) {
      throw new DataError('dataset cache: expected a SHA-256 as 64 lower-case hexadecimal digits');
    }
    this.sha256 = digest;
    this.memory = memory;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isWhole(): boolean {
    return this.#bytes === this.memory.byteLength;
  }

  /** @throws RangeError if it is more than is missing */
  put(piece: Uint8Array): void {
    this.memory.set(piece, this.#bytes);
    this.#hash.update(piece);
    this.#bytes += piece.byteLength;
  }

  get isRight(): boolean {
    return this.#hash.hex() === this.sha256;
  }

  restart(): void {
    this.#bytes = 0;
    this.#hash = sha256();
  }
}
