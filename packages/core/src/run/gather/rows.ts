// Rows of a typed array, copied into the WebAssembly memory a word at a time where alignment allows.
import { CACHE_LINE } from '../../plan/arena.js';

export class RowCopier {
  readonly #from: Uint8Array | Uint32Array;
  readonly #to: Uint8Array | Uint32Array;
  readonly #length: number;
  readonly #unit: number;
  /** Of one value. */
  readonly valueBytes: number;

  constructor(
    from: Uint8Array | Int32Array | Float32Array,
    rowLength: number,
    memory: ArrayBufferLike,
  ) {
    this.valueBytes = from.BYTES_PER_ELEMENT;
    const rowBytes = rowLength * from.BYTES_PER_ELEMENT;
    this.#unit = rowBytes % 4 === 0 && from.byteOffset % 4 === 0 ? 4 : 1;
    const words = this.#unit === 4;
    this.#from = words
      ? new Uint32Array(from.buffer, from.byteOffset, Math.floor(from.byteLength / 4))
      : new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
    this.#to = words ? new Uint32Array(memory) : new Uint8Array(memory);
    this.#length = rowBytes / this.#unit;
  }

  /** @param address byte address, a multiple of 4 if rows are */
  copy(row: number, address: number): void {
    const from = this.#from;
    const to = this.#to;
    const end = (row + 1) * this.#length;
    let at = address / this.#unit;
    for (let i = row * this.#length; i < end; i++) to[at++] = from[i]!;
  }

  /**
   * Reads one word of each cache line of a row. Rows lie anywhere in a dataset that no cache holds: asking for
   * all of them before the first is needed lets the processor fetch them together.
   */
  touch(row: number): number {
    const from = this.#from;
    const end = (row + 1) * this.#length;
    const stride = CACHE_LINE / this.#unit;
    let seen = 0;
    for (let i = row * this.#length; i < end; i += stride) seen |= from[i]!;
    return seen;
  }

  get rowBytes(): number {
    return this.#length * this.#unit;
  }
}
