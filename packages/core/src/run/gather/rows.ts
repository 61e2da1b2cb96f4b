// Rows of a typed array, copied into the WebAssembly memory: by the backend, where it reaches beyond its memory, else here, a word
// at a time where alignment allows.
import type { CopyRows, Kernels } from '@lockstep/kernels';
import { CACHE_LINE } from '../../plan/arena.js';

export class RowCopier {
  readonly #from: Uint8Array | Uint32Array;
  readonly #to: Uint8Array | Uint32Array;
  readonly #length: number;
  readonly #unit: number;
  readonly #copyRows: CopyRows | undefined;
  /** Of one value. */
  readonly valueBytes: number;
  readonly rowBytes: number;
  /** Kept so that reading ahead is not optimised away. */
  #seen = 0;

  constructor(
    from: Uint8Array | Int32Array | Float32Array,
    rowLength: number,
    memory: ArrayBufferLike,
    kernels: Kernels,
  ) {
    this.valueBytes = from.BYTES_PER_ELEMENT;
    this.rowBytes = rowLength * from.BYTES_PER_ELEMENT;
    this.#unit = this.rowBytes % 4 === 0 && from.byteOffset % 4 === 0 ? 4 : 1;
    const words = this.#unit === 4;
    this.#from = words
      ? new Uint32Array(from.buffer, from.byteOffset, Math.floor(from.byteLength / 4))
      : new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
    this.#to = words ? new Uint32Array(memory) : new Uint8Array(memory);
    this.#length = this.rowBytes / this.#unit;
    this.#copyRows = kernels.rowCopier?.(from, this.rowBytes);
  }

  /**
   * Copies `count` rows.
   *
   * @param numbers of the rows, at each position; undefined: positions are numbers
   * @param first the first position
   * @param address byte address, a multiple of 4 if rows are; the next row lies right behind
   */
  copy(numbers: Uint32Array | undefined, first: number, count: number, address: number): void {
    if (this.#copyRows) {
      this.#copyRows(numbers, first, count, address);
      return;
    }
    if (numbers) {
      for (let at = first; at < first + count; at++) this.#touch(numbers[at]!);
    }
    for (let i = 0; i < count; i++) {
      this.#copyOne(numbers ? numbers[first + i]! : first + i, address + i * this.rowBytes);
    }
  }

  #copyOne(row: number, address: number): void {
    const from = this.#from;
    const to = this.#to;
    let at = address / this.#unit;
    const end = (row + 1) * this.#length;
    for (let i = row * this.#length; i < end; i++) to[at++] = from[i]!;
  }

  /**
   * Reads one word of each cache line of a row. Rows lie anywhere in a dataset that no cache holds: asking for
   * all of them before the first is needed lets the processor fetch them together.
   */
  #touch(row: number): void {
    const from = this.#from;
    const end = (row + 1) * this.#length;
    const stride = CACHE_LINE / this.#unit;
    let seen = 0;
    for (let i = row * this.#length; i < end; i += stride) seen |= from[i]!;
    this.#seen |= seen;
  }
}
