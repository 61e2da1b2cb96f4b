// What the benchmark must know of a network that is not a row of dense layers.
import type { Model } from '@lockstep/core';

export interface Network {
  readonly title: string;
  readonly model: Model;
  /** Of a sample: pictures [C, H, W], tokens [T]. */
  readonly inputShape: readonly number[];
  /** Of tokens, how many there are; left out where inputs are numbers. */
  readonly vocabulary?: number;
  readonly classes: number;
  /** Numbers that are trained. */
  readonly parameters: number;
  /** Multiplications and additions of one sample's forward pass in products alone. */
  readonly operations: number;
  /** Those of them in front of which nothing is trained, so that their input needs no gradient. */
  readonly firstOperations: number;
}

/** Operations of a product [m, k] × [k, p]. */
export function productOperations(m: number, k: number, p: number): number {
  return 2 * m * k * p;
}

/** Operations of a convolution with square kernels: [inputs, ...] → [outputs, side, side]. */
export function convolutionOperations(
  inputs: number,
  outputs: number,
  kernel: number,
  side: number,
): number {
  return productOperations(outputs, inputs * kernel * kernel, side * side);
}
