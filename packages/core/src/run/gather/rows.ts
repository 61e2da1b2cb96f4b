// Rows of a typed array, copied into the WebAssembly memory: by the backend, where it reaches beyond its memory, else here, a word
// at a time where alignment allows. A few words are always copied here, which takes less time than asking somebody else.
import type { CopyRows, Kernels } from '@lockstep/kernels';
import { CACHE_LINE } from '../../plan/arena.js';

/** So much is copied here while a backend is called. */
const FEW_BYTES = 128;

export class RowCopier {
  readonly #from: Uint8Array | Uint32Array;
  readonly #to: Uint8Array | Uint32Array;
  readonly #length: number;
  /** Of the bytes of a unit, 1 or 4, the logarithm. */
  readonly #shift: number;
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
    const words = this.rowBytes % 4 === 0 && from.byteOffset % 4 === 0;
    this.#shift = words ? 2 : 0;
    this.#from = words
      ? new Uint32Array(from.buffer, from.byteOffset, Math.floor(from.byteLength / 4))
      : new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
    this.#to = words ? new Uint32Array(memory) : new Uint8Array(memory);
    this.#length = this.rowBytes >> this.#shift;
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
    if (this.#copyRows && count * this.rowBytes > FEW_BYTES) {
      this.#copyRows(numbers, first, count, address);
      return;
    }
    if (numbers && count > 1) {
      for (let at = first; at < first + count; at++) this.#touch(numbers[at]!);
    }
    for (let i = 0; i < count; i++) {
      this.#copyOne(numbers ? numbers[first + i]! : first + i, address + i * this.rowBytes);
    }
  }

  #copyOne(row: number, address: number): void {
    const from = this.#from;
    const to = this.#to;
    let at = address >>> this.#shift;
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
    const stride = CACHE_LINE >> this.#shift;
    let seen = 0;
    for (let i = row * this.#length; i < end; i += stride) seen |= from[i]!;
    this.#seen |= seen;
  }
}
