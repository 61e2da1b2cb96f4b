// Copies the samples of a shard from the dataset into a thread's arena: bytes become float32 on the way, and inputs are
// divided, whatever their type, to the same bits.
// The dataset lies in a buffer of its own, outside the WebAssembly memory, and is only read.
import type { Kernels } from '@lockstep/kernels';
import type { Dataset } from '../dataset.js';
import { CACHE_LINE } from '../plan/arena.js';
import type { Program } from '../plan/program.js';
import { product } from '../shape.js';
import type { ThreadMap } from './memory-map.js';

const BYTE_VALUES = 256;

/** Rows of a typed array, copied a word at a time where alignment allows. */
class RowCopier {
  readonly #from: Uint8Array | Uint32Array;
  readonly #to: Uint8Array | Uint32Array;
  readonly #length: number;
  readonly #unit: number;

  constructor(
    from: Uint8Array | Int32Array | Float32Array,
    rowLength: number,
    memory: ArrayBufferLike,
  ) {
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

export class Gatherer {
  readonly #kernels: Kernels;
  readonly #program: Program;
  readonly #arena: number;
  readonly #staging: number;
  readonly #inputs: RowCopier;
  readonly #targets: RowCopier;
  readonly #inputSize: number;
  readonly #divisor: number;
  readonly #bytes: boolean;
  /** The memory's floats, where gathered ones are to be divided. */
  readonly #floats: Float32Array | undefined;
  readonly #ids: Uint32Array;
  /** What each byte becomes; refilled when another dataset's table is there. */
  readonly #table: Float32Array;
  readonly #tableAddress: number;
  /** Kept so that reading ahead is not optimised away. */
  #seen = 0;

  constructor(
    kernels: Kernels,
    memory: WebAssembly.Memory,
    program: Program,
    dataset: Dataset,
    place: ThreadMap,
  ) {
    this.#kernels = kernels;
    this.#program = program;
    this.#arena = place.arena;
    this.#staging = place.staging;
    this.#inputSize = product(dataset.inputShape);
    this.#divisor = dataset.inputDivisor;
    this.#bytes = dataset.inputs instanceof Uint8Array;
    const isScaled = this.#bytes || this.#divisor === 1;
    this.#floats = isScaled ? undefined : new Float32Array(memory.buffer);
    this.#inputs = new RowCopier(dataset.inputs, this.#inputSize, memory.buffer);
    this.#targets = new RowCopier(dataset.targets, product(dataset.targetShape), memory.buffer);
    this.#tableAddress = place.table;
    this.#table = new Float32Array(memory.buffer, place.table, BYTE_VALUES);
    this.#ids = new Uint32Array(
      memory.buffer,
      place.arena + program.sampleIdsOffset,
      program.capacity,
    );
  }

  /**
   * Puts `rows` samples into the arena.
   *
   * @param order the dataset index of each position; undefined: positions are indices
   * @param first the first position
   * @returns whether the samples are there as lists of their non-zeros, rather than as f32
   */
  gather(order: Uint32Array | undefined, first: number, rows: number): boolean {
    const { inputOffset, targetOffset } = this.#program;
    const inputs = this.#bytes ? this.#staging : this.#arena + (inputOffset ?? 0);
    if (inputOffset !== undefined && order) {
      for (let row = 0; row < rows; row++) this.#seen |= this.#inputs.touch(order[first + row]!);
    }
    for (let row = 0; row < rows; row++) {
      const sample = order ? order[first + row]! : first + row;
      this.#ids[row] = sample;
      if (inputOffset !== undefined) {
        this.#inputs.copy(sample, inputs + row * this.#inputs.rowBytes);
      }
      if (targetOffset !== undefined) {
        this.#targets.copy(sample, this.#arena + targetOffset + row * this.#targets.rowBytes);
      }
    }
    if (inputOffset === undefined) return false;
    if (this.#floats) this.#divide(this.#floats, inputs / 4, rows * this.#inputSize);
    if (this.#compress(inputs, rows)) return true;
    if (this.#bytes) {
      this.#kernels.bytesToFloats(
        this.#arena + inputOffset,
        this.#staging,
        rows * this.#inputSize,
        this.#divisor,
      );
    }
    return false;
  }

  /** As the kernel divides bytes: rounding the float64 quotient of two float32 gives the float32 quotient. */
  #divide(floats: Float32Array, first: number, count: number): void {
    const divisor = Math.fround(this.#divisor);
    for (let i = first; i < first + count; i++) floats[i] = floats[i]! / divisor;
  }

  /** @returns false if the program does not read lists, or the samples are too dense for them */
  #compress(inputs: number, rows: number): boolean {
    const { compressed } = this.#program;
    if (!compressed) return false;
    const rowStarts = this.#arena + compressed.rowStartsOffset;
    const rowEntries = this.#arena + compressed.rowEntriesOffset;
    const columnStarts = this.#arena + compressed.columnStartsOffset;
    const { width, limit } = compressed;
    let count: number;
    if (this.#bytes) {
      this.#fillTable();
      count = this.#kernels.compressBytes(
        rowStarts,
        rowEntries,
        columnStarts,
        inputs,
        rows,
        width,
        this.#tableAddress,
        limit,
      );
    } else {
      count = this.#kernels.compressFloats(
        rowStarts,
        rowEntries,
        columnStarts,
        inputs,
        rows,
        width,
        limit,
      );
    }
    if (count < 0) return false;
    const columnEntries = this.#arena + compressed.columnEntriesOffset;
    this.#kernels.listColumns(columnStarts, columnEntries, rowStarts, rowEntries, rows, width);
    return true;
  }

  #fillTable(): void {
    const divisor = Math.fround(this.#divisor);
    if (this.#table[1] === Math.fround(1 / divisor)) return;
    // Rounding the float64 quotient of two float32 gives the float32 quotient, as the kernel divides.
    for (let byte = 0; byte < BYTE_VALUES; byte++) this.#table[byte] = byte / divisor;
  }
}
