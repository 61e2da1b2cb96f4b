// What a test of gradients by finite differences is made of: a case makes a tensor with the operator under test in it.
// Cases of one subject are a file in gradient-cases/, and a line in transform/differentiate.test.ts.
import type { Tensor } from '../model/tensor.js';
import type { Random } from './random.js';

/** What a case is built from. Operands depend on a parameter each, so that gradients reach them. */
export interface Build {
  readonly random: Random;
  /** A batched tensor [N, ...shape] with values in [low, high], no two alike; N samples differ. */
  batched(shape: readonly number[], low?: number, high?: number): Tensor;
  /** A tensor without a batch axis. */
  constant(shape: readonly number[], low?: number, high?: number): Tensor;
  /** The labels [N] of the batch, in [0, classes). */
  labels(classes: number): Tensor;
}

/** Makes a tensor with the operator under test in it. */
export type Case = (build: Build) => Tensor;

export function randomShape(random: Random, least = 0, most = 3): number[] {
  return Array.from({ length: random.integer(least, most) }, () => random.integer(1, 3));
}

/** A batched or a constant operand. */
export function either(build: Build, low?: number, high?: number, least = 0): Tensor {
  const shape = randomShape(build.random, least);
  return build.random.next() < 0.7
    ? build.batched(shape, low, high)
    : build.constant(shape, low, high);
}
