// The inputs of one kind, bytes or floats or tokens, in the forms that a program's variants read: whoever has put rows where they
// are copied to is told which variant is to be run on them. What rows they are is not known here.
import type { Kernels } from '@lockstep/kernels';
import type { Condition, Program } from '../../plan/program.js';
import type { ThreadMap } from '../memory-map.js';
import { DenseBytes, DenseFloats, DenseTokens } from './dense.js';
import type { InputForm } from './input-form.js';
import { BYTE_VALUES, SparseBytes, SparseFloats } from './sparse.js';

/** What the inputs are. */
export interface InputKind {
  readonly isBytes: boolean;
  /** Whether they are whole numbers, which become int32 rather than float32. */
  readonly isTokens?: boolean;
  /** Values of a sample. */
  readonly width: number;
  readonly divisor: number;
}

export class InputForms {
  /** Address where input rows are copied to. */
  readonly rows: number;
  readonly #width: number;
  readonly #divisor: number;
  /** The memory's floats, where copied ones are to be divided. */
  readonly #floats: Float32Array | undefined;
  /** One for each of the program's variants. */
  readonly #forms: readonly InputForm[];

  /** @param program that reads inputs */
  constructor(
    kernels: Kernels,
    memory: WebAssembly.Memory,
    program: Program,
    { isBytes, isTokens = false, width, divisor }: InputKind,
    place: Pick<ThreadMap, 'arena' | 'staging' | 'table'>,
  ) {
    const inputAddress = place.arena + (program.inputOffset ?? 0);
    this.rows = isBytes ? place.staging : inputAddress;
    this.#width = width;
    this.#divisor = divisor;
    this.#floats = isBytes || divisor === 1 ? undefined : new Float32Array(memory.buffer);
    const table = new Float32Array(memory.buffer, place.table, BYTE_VALUES);
    const formFor = (condition: Condition): InputForm => {
      if (isBytes && isTokens) return new DenseTokens(kernels, inputAddress, width);
      if (condition.kind === 'any samples') {
        return isBytes ? new DenseBytes(kernels, inputAddress, width, divisor) : new DenseFloats();
      }
      return isBytes
        ? new SparseBytes(kernels, place.arena, condition, divisor, table)
        : new SparseFloats(kernels, place.arena, condition);
    };
    this.#forms = program.variants.map(({ condition }) => formFor(condition));
  }

  /**
   * @param count of the rows that were copied
   * @returns which of the program's variants is to be run on them
   */
  put(count: number): number {
    if (this.#floats) this.#divide(this.#floats, this.rows / 4, count * this.#width);
    const last = this.#forms.length - 1;
    let variant = 0;
    while (!this.#forms[variant]!.put(this.rows, count) && variant < last) variant++;
    return variant;
  }

  /** As the kernel divides bytes: rounding the float64 quotient of two float32 gives the float32 quotient. */
  #divide(floats: Float32Array, first: number, count: number): void {
    const divisor = Math.fround(this.#divisor);
    for (let i = first; i < first + count; i++) floats[i] = floats[i]! / divisor;
  }
}
