// What a loss is: from output and target to one number a sample, and perhaps whether the sample was right.
// The trainer sums over the batch and divides once, by the number of samples or by what they weigh, so a loss never
// averages over the batch axis.

import type { Tensor } from '../model/tensor.js';
import type { NamedPart } from '../parts.js';

/** What a dataset gives a loss to compare with. */
export interface TargetShape {
  /** Shape of one sample's target; [] for a class label, [T] for one at each position. */
  readonly targetShape: readonly number[];
  /** Number of classes where targets are labels, else undefined. */
  readonly classes: number | undefined;
  /** Their names, where they have some. */
  readonly classNames?: readonly string[] | undefined;
  /** What a row of targets is made of, where they have names. */
  readonly targetParts?: readonly NamedPart[] | undefined;
}

/** What a loss builds, for each sample. */
export interface LossTensors {
  /** [N], in the loss's own unit, for each sample. */
  readonly loss: Tensor;
  /**
   * [N], 1 where the sample is classified right, else 0; of labels by position, at how many positions. Left out where that
   * means nothing.
   */
  readonly correct?: Tensor;
  /** [N], of labels by position: at how many positions `correct` could be. Left out: 1. */
  readonly counted?: Tensor;
  /**
   * [N], at least 0: what each sample counts in the mean over a batch or a dataset, which is Σ loss / Σ weight then. The
   * loss has it as a factor already. Left out: 1.
   */
  readonly weight?: Tensor;
  /** Of two classes with one output, the one that the output speaks for. Left out: class 1, or there are no two classes. */
  readonly positive?: 0 | 1;
}

/** Losses of outputs by name; what they come to is added up. */
export type Losses = Readonly<Record<string, Loss>>;

/** What is made smaller: a name, a check of targets, and the tensors of each sample. */
export interface Loss {
  readonly name: string;
  /**
   * What is wrong with the target values[start, end) of one sample, in words that begin with `target`; undefined if
   * nothing is. Called for every sample before the first step, where targets are values. Left out: any finite numbers
   * will do.
   */
  readonly targetFault?: (values: Float32Array, start: number, end: number) => string | undefined;
  /** The function that the loss applies to the output itself, so that the model must not end in one. */
  readonly applies?: 'softmax' | 'sigmoid' | 'step';
  /** @throws ShapeError if output and target do not fit the loss */
  build(output: Tensor, target: Tensor, data: TargetShape): LossTensors;
}
