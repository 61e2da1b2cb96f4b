// Numbers of rows that nobody counted before: they come row by row and end as one shared array.
// Invariant: what is held is the numbers themselves, in pieces that never move, and at the end one copy while the pieces go.
import { DataError } from '@lockstep/core';

const PIECE_ELEMENTS = 1 << 20;

type Numbers = Float32Array | Int32Array;

/** `width` numbers a row. */
export class GrowingRows<T extends Numbers> {
  /** Where the newest row lies. */
  piece: T;
  #pieces: T[] = [];
  #filled = 0;
  readonly #pieceLength: number;
  readonly #width: number;
  readonly #make: (length: number) => T;

  constructor(width: number, make: (length: number) => T) {
    this.#width = width;
    this.#make = make;
    this.#pieceLength = Math.max(1, Math.floor(PIECE_ELEMENTS / width)) * width;
    this.piece = make(this.#pieceLength);
  }

  /** A new row. @returns where its `width` numbers go in `piece` */
  next(): number {
    if (this.#filled === this.#pieceLength) {
      this.#pieces.push(this.piece);
      this.piece = this.#make(this.#pieceLength);
      this.#filled = 0;
    }
    const at = this.#filled;
    this.#filled += this.#width;
    return at;
  }

  /**
   * All rows in one array that `shared` makes; the pieces are gone then.
   *
   * @throws DataError if there is no memory for it
   */
  finish(operation: string, shared: (length: number) => T): T {
    const length = this.#pieces.length * this.#pieceLength + this.#filled;
    let all: T;
    try {
      all = shared(length);
    } catch (cause) {
      throw new DataError(
        `${operation}: no memory for ${length} numbers of 4 bytes; free some, or read fewer columns or rows`,
        { cause },
      );
    }
    let at = 0;
    const pieces = this.#pieces.reverse();
    for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
      all.set(piece, at);
      at += piece.length;
    }
    all.set(this.piece.subarray(0, this.#filled), at);
    this.piece = this.#make(0);
    return all;
  }
}
