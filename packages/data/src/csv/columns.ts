// Numbers of rows that nobody counted before: they come row by row and end as one shared array.
// Invariant: what is held is the numbers themselves, in pieces that never move, and at the end one copy while the pieces go.
import { DataError } from '@lockstep/core';

/** Elements of the first piece; each next one has twice as many, up to the largest. */
const FIRST_PIECE = 1 << 10;
const LARGEST_PIECE = 1 << 20;

type Numbers = Float32Array | Int32Array;

/** `width` numbers a row. */
export class GrowingRows<T extends Numbers> {
  /** Where the newest row lies. */
  piece: T;
  readonly #width: number;
  readonly #make: (length: number) => T;
  #full: T[] = [];
  #fullLength = 0;
  #filled = 0;

  constructor(width: number, make: (length: number) => T) {
    this.#width = width;
    this.#make = make;
    this.piece = this.#newPiece(FIRST_PIECE);
  }

  /** A new row. @returns where its `width` numbers go in `piece` */
  next(): number {
    if (this.#filled === this.piece.length) {
      this.#full.push(this.piece);
      this.#fullLength += this.#filled;
      this.piece = this.#newPiece(Math.min(LARGEST_PIECE, 2 * this.#filled));
      this.#filled = 0;
    }
    const at = this.#filled;
    this.#filled += this.#width;
    return at;
  }

  /** A new row of one number. */
  add(value: number): void {
    const at = this.next();
    this.piece[at] = value;
  }

  #newPiece(elements: number): T {
    return this.#make(Math.max(1, Math.floor(elements / this.#width)) * this.#width);
  }

  /**
   * All rows in one array that `shared` makes; the pieces are gone then.
   *
   * @throws DataError if there is no memory for it
   */
  finish(operation: string, shared: (length: number) => T): T {
    const length = this.#fullLength + this.#filled;
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
    const pieces = this.#full.reverse();
    for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
      all.set(piece, at);
      at += piece.length;
    }
    all.set(this.piece.subarray(0, this.#filled), at);
    this.piece = this.#make(0);
    return all;
  }
}
