// Inputs as float32, or tokens as int32, a row a sample: what any samples suit.
import type { Kernels } from '@lockstep/kernels';
import type { InputForm } from './input-form.js';

/** Of bytes; each is divided as it becomes a float32. */
export class DenseBytes implements InputForm {
  readonly #kernels: Kernels;
  readonly #to: number;
  readonly #width: number;
  readonly #divisor: number;

  /**
   * @param to address of the inputs in the arena
   * @param width values of a sample
   */
  constructor(kernels: Kernels, to: number, width: number, divisor: number) {
    this.#kernels = kernels;
    this.#to = to;
    this.#width = width;
    this.#divisor = divisor;
  }

  put(rows: number, count: number): boolean {
    this.#kernels.bytesToFloats(this.#to, rows, count * this.#width, this.#divisor);
    return true;
  }
}

/** Of tokens that are bytes. */
export class DenseTokens implements InputForm {
  readonly #kernels: Kernels;
  readonly #to: number;
  readonly #width: number;

  /** @param to and width as of bytes */
  constructor(kernels: Kernels, to: number, width: number) {
    this.#kernels = kernels;
    this.#to = to;
    this.#width = width;
  }

  put(rows: number, count: number): boolean {
    this.#kernels.bytesToInts(this.#to, rows, count * this.#width);
    return true;
  }
}

/** Of floats, and of tokens that are int32, which lie where they belong. */
export class DenseFloats implements InputForm {
  put(): boolean {
    return true;
  }
}
