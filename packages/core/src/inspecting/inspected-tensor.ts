// Numbers to look at: flat with their shape, as the rest of the library has them, and as lists in lists, as one reads them.
import { type NestedNumbers, nestedOf } from '../run/nested.js';

/** A value of one pass: numbers with their shape. */
export class InspectedTensor {
  /** Axis lengths, the rows first where there are rows. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array | Float64Array;

  constructor(shape: readonly number[], data: Float32Array | Float64Array) {
    this.shape = shape;
    this.data = data;
  }

  /** Lists in lists as the shape says; a number where it is []. */
  get values(): NestedNumbers {
    return nestedOf(this.data, this.shape);
  }

  /** What JSON makes of it. */
  toJSON(): NestedNumbers {
    return this.values;
  }
}
