// Inputs as lists of their non-zeros, by rows and by columns: what samples suit that are mostly zero.
import type { Kernels } from '@lockstep/kernels';
import type { SparseSamples } from '../../plan/program.js';
import type { InputForm } from './input-form.js';

export const BYTE_VALUES = 256;

/** Addresses of the lists, and how much they hold. */
interface Lists {
  readonly rowStarts: number;
  readonly rowEntries: number;
  readonly columnStarts: number;
  readonly columnEntries: number;
  readonly width: number;
  readonly limit: number;
}

abstract class SparseForm implements InputForm {
  protected readonly kernels: Kernels;
  protected readonly lists: Lists;

  /** @param arena its address */
  constructor(kernels: Kernels, arena: number, samples: SparseSamples) {
    this.kernels = kernels;
    this.lists = {
      rowStarts: arena + samples.rowStartsOffset,
      rowEntries: arena + samples.rowEntriesOffset,
      columnStarts: arena + samples.columnStartsOffset,
      columnEntries: arena + samples.columnEntriesOffset,
      width: samples.width,
      limit: samples.limit,
    };
  }

  put(rows: number, count: number): boolean {
    if (this.listRows(rows, count) < 0) return false;
    const { rowStarts, rowEntries, columnStarts, columnEntries, width } = this.lists;
    this.kernels.listColumns(columnStarts, columnEntries, rowStarts, rowEntries, count, width);
    return true;
  }

  /** Lists by rows, and counts for the columns. @returns how many entries there are; below 0 if too many */
  protected abstract listRows(rows: number, count: number): number;
}

/** Of bytes; what each of them becomes stands in a table. */
export class SparseBytes extends SparseForm {
  readonly #divisor: number;
  /** Refilled when another dataset's table is there. */
  readonly #table: Float32Array;

  constructor(
    kernels: Kernels,
    arena: number,
    samples: SparseSamples,
    divisor: number,
    table: Float32Array,
  ) {
    super(kernels, arena, samples);
    this.#divisor = Math.fround(divisor);
    this.#table = table;
  }

  protected listRows(rows: number, count: number): number {
    this.#fillTable();
    const { rowStarts, rowEntries, columnStarts, width, limit } = this.lists;
    const table = this.#table.byteOffset;
    return this.kernels.compressBytes(
      rowStarts,
      rowEntries,
      columnStarts,
      rows,
      count,
      width,
      table,
      limit,
    );
  }

  #fillTable(): void {
    if (this.#table[1] === Math.fround(1 / this.#divisor)) return;
    // Rounding the float64 quotient of two float32 gives the float32 quotient, as the kernel divides.
    for (let byte = 0; byte < BYTE_VALUES; byte++) this.#table[byte] = byte / this.#divisor;
  }
}

export class SparseFloats extends SparseForm {
  protected listRows(rows: number, count: number): number {
    const { rowStarts, rowEntries, columnStarts, width, limit } = this.lists;
    return this.kernels.compressFloats(
      rowStarts,
      rowEntries,
      columnStarts,
      rows,
      count,
      width,
      limit,
    );
  }
}
