// The optimizer's step over a stretch of the flat vector, behind one contract: by the kernel of a built-in optimizer, or by
// the program of one that somebody wrote. Who takes which stretch cannot change a bit.

/** Addresses: the same floats of the flat vector in both states and in the batch's sum. */
export interface Stretch {
  readonly to: number;
  readonly from: number;
  readonly gradient: number;
  /** Of what is still to be added to the gradient; 0 if nothing is. */
  readonly more: number;
  /** The first of its floats, in the flat vector. */
  readonly first: number;
  readonly length: number;
}

export interface TileUpdate {
  /**
   * Before a step's stretches.
   *
   * @param learningRate this step's
   * @param count what the gradients' sums are still to be divided by
   */
  begin(step: number, learningRate: number, count: number): void;

  /** @returns what takes the step over a stretch, again and again, and returns whether everything that it wrote is finite */
  bind(stretch: Stretch): () => boolean;
}
