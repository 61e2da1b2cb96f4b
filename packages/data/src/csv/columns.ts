// Numbers of rows that nobody counted before: they come row by row and end as one shared array.
// Invariant: what is held is the numbers themselves; at the end they are copied once, and each piece's memory is given back
// as soon as it was copied, not when the collector comes by.
import { DataError } from '@lockstep/core';

/** Elements of the first piece; each next one has twice as many, up to the largest. */
const FIRST_PIECE = 1 << 10;
const LARGEST_PIECE = 1 << 20;

type Numbers = Float32Array | Int32Array;

/** Memory that can be given back at once, where the engine knows how (ES2024). */
type Returnable = ArrayBuffer & { readonly resize?: (byteLength: number) => void };

function keep(numbers: Numbers): Returnable {
  const { byteLength } = numbers;
  const Resizable = ArrayBuffer as new (
    byteLength: number,
    options: { readonly maxByteLength: number },
  ) => Returnable;
  const kept = new Resizable(byteLength, { maxByteLength: byteLength });
  new Uint8Array(kept).set(new Uint8Array(numbers.buffer, numbers.byteOffset, byteLength));
  return kept;
}

/** `width` numbers a row. */
export class GrowingRows<T extends Numbers> {
  /** Where the newest row lies. */
  piece: T;
  readonly #width: number;
  readonly #make: (length: number) => T;
  #full: Returnable[] = [];
  #fullLength = 0;
  #filled = 0;

  constructor(width: number, make: (length: number) => T) {
    this.#width = width;
    this.#make = make;
    this.piece = make(this.#lengthOf(FIRST_PIECE));
  }

  /** A new row. @returns where its `width` numbers go in `piece` */
  next(): number {
    if (this.#filled === this.piece.length) {
      this.#full.push(keep(this.piece));
      this.#fullLength += this.#filled;
      const length = this.#lengthOf(2 * this.#filled);
      if (length > this.#filled) this.piece = this.#make(length);
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

  /** Whole rows of about so many elements, and of no more than the largest piece has. */
  #lengthOf(elements: number): number {
    const rows = Math.floor(Math.min(elements, LARGEST_PIECE) / this.#width);
    return Math.max(1, rows) * this.#width;
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
    const bytes = new Uint8Array(all.buffer, all.byteOffset, all.byteLength);
    let at = 0;
    for (const piece of this.#full) {
      bytes.set(new Uint8Array(piece), at);
      at += piece.byteLength;
      piece.resize?.(0);
    }
    this.#full = [];
    all.set(this.piece.subarray(0, this.#filled), this.#fullLength);
    this.piece = this.#make(0);
    return all;
  }
}
