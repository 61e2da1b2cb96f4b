// What random models grow by: a part continues the model from one of its tensors, by an operator or a few of one subject, or by
// nothing where what was drawn does not fit. Parts of one subject are a file here, and a line in random-modeller.ts.
// Each tensor carries a bound of its values, and what grows is scaled down: float32 stays far from its ends.
import type { Tensor } from '../../model/tensor.js';
import { sampleShape } from '../../shape.js';
import type { Random } from '../random.js';

export interface Bounded {
  readonly tensor: Tensor;
  readonly bound: number;
}

/** A model that grows, as its parts see it. */
export interface Growth {
  readonly random: Random;
  /** All tensors of numbers so far. */
  readonly pool: readonly Bounded[];
  /** What the model reads, where that is tokens. */
  readonly tokens: { readonly tensor: Tensor; readonly vocabulary: number } | undefined;
  /** Whether rows may be taken that there are none of. */
  readonly takesNone: boolean;
  add(tensor: Tensor, bound: number): void;
  /** A new parameter, with values of about 1. */
  parameter(shape: readonly number[]): Tensor;
}

/** Of one sample. */
export const MOST_ELEMENTS = 2000;

export type Part = (growth: Growth, x: Bounded) => void;

/** A shape that broadcasts with a tensor: some axes 1, some leading ones left out. */
export function stretchedShape(random: Random, x: Tensor): number[] {
  const dims = sampleShape(x.shape);
  const kept = dims.slice(random.next() < 0.4 ? random.integer(0, dims.length) : 0);
  return kept.map((dim) => (random.next() < 0.25 ? 1 : dim));
}
