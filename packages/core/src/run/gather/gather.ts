// Copies the samples of a shard from the dataset into a thread's arena, in the form that the program reads: inputs become
// float32 and are divided, whatever their type, to the same bits.
// The dataset lies in a buffer of its own, outside the WebAssembly memory, and is only read.
import type { Kernels } from '@lockstep/kernels';
import type { Dataset } from '../../dataset.js';
import type { Condition, Program } from '../../plan/program.js';
import { product } from '../../shape.js';
import type { ThreadMap } from '../memory-map.js';
import { DenseBytes, DenseFloats } from './dense.js';
import type { InputForm } from './input-form.js';
import { RowCopier } from './rows.js';
import { BYTE_VALUES, SparseBytes, SparseFloats } from './sparse.js';

export class Gatherer {
  readonly #program: Program;
  readonly #arena: number;
  readonly #inputs: RowCopier;
  readonly #targets: RowCopier;
  /** Where input rows are copied to. */
  readonly #rows: number;
  readonly #inputSize: number;
  readonly #divisor: number;
  /** The memory's floats, where gathered ones are to be divided. */
  readonly #floats: Float32Array | undefined;
  readonly #ids: Uint32Array;
  /** One for each of the program's variants. */
  readonly #forms: readonly InputForm[];
  /** Kept so that reading ahead is not optimised away. */
  #seen = 0;

  constructor(
    kernels: Kernels,
    memory: WebAssembly.Memory,
    program: Program,
    dataset: Dataset,
    place: ThreadMap,
  ) {
    const { inputs, inputDivisor } = dataset;
    const isBytes = inputs instanceof Uint8Array;
    const inputAddress = place.arena + (program.inputOffset ?? 0);
    this.#program = program;
    this.#arena = place.arena;
    this.#rows = isBytes ? place.staging : inputAddress;
    this.#inputSize = product(dataset.inputShape);
    this.#divisor = inputDivisor;
    const isScaled = isBytes || inputDivisor === 1;
    this.#floats = isScaled ? undefined : new Float32Array(memory.buffer);
    this.#inputs = new RowCopier(inputs, this.#inputSize, memory.buffer);
    this.#targets = new RowCopier(dataset.targets, product(dataset.targetShape), memory.buffer);
    this.#ids = new Uint32Array(
      memory.buffer,
      place.arena + program.sampleIdsOffset,
      program.capacity,
    );
    const table = new Float32Array(memory.buffer, place.table, BYTE_VALUES);
    const formFor = (condition: Condition): InputForm => {
      if (condition.kind === 'any samples') {
        return isBytes
          ? new DenseBytes(kernels, inputAddress, this.#inputSize, inputDivisor)
          : new DenseFloats();
      }
      return isBytes
        ? new SparseBytes(kernels, place.arena, condition, inputDivisor, table)
        : new SparseFloats(kernels, place.arena, condition);
    };
    this.#forms = program.variants.map(({ condition }) => formFor(condition));
  }

  /**
   * Puts `rows` samples into the arena.
   *
   * @param order the dataset index of each position; undefined: positions are indices
   * @param first the first position
   * @returns which of the program's variants is to be run on them
   */
  gather(order: Uint32Array | undefined, first: number, rows: number): number {
    const { inputOffset, targetOffset } = this.#program;
    if (inputOffset !== undefined && order) {
      for (let row = 0; row < rows; row++) this.#seen |= this.#inputs.touch(order[first + row]!);
    }
    for (let row = 0; row < rows; row++) {
      const sample = order ? order[first + row]! : first + row;
      this.#ids[row] = sample;
      if (inputOffset !== undefined) {
        this.#inputs.copy(sample, this.#rows + row * this.#inputs.rowBytes);
      }
      if (targetOffset !== undefined) {
        this.#targets.copy(sample, this.#arena + targetOffset + row * this.#targets.rowBytes);
      }
    }
    const last = this.#forms.length - 1;
    if (inputOffset === undefined) return last;
    if (this.#floats) this.#divide(this.#floats, this.#rows / 4, rows * this.#inputSize);
    let variant = 0;
    while (!this.#forms[variant]!.put(this.#rows, rows) && variant < last) variant++;
    return variant;
  }

  /** As the kernel divides bytes: rounding the float64 quotient of two float32 gives the float32 quotient. */
  #divide(floats: Float32Array, first: number, count: number): void {
    const divisor = Math.fround(this.#divisor);
    for (let i = first; i < first + count; i++) floats[i] = floats[i]! / divisor;
  }
}
