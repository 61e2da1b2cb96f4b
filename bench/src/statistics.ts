// The few statistics the tables need, as pure functions over arrays of measurements.
// Medians, because a shared machine has outliers on one side only. No measuring is done here.

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** How many measurements. */
  readonly count: number;
}

/**
 * The middle value; the mean of the middle two for an even number.
 *
 * @throws RangeError if there are no values, or one is not finite
 */
export function median(values: readonly number[]): number {
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new RangeError(
      `median: expected finite numbers and at least one, got [${values.join(', ')}]`,
    );
  }
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** @throws RangeError if there are no values, or one is not finite */
export function summarize(values: readonly number[]): Summary {
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    count: values.length,
  };
}

/**
 * Ratios of measurements that were taken side by side: a[i] / b[i], each round by itself, so that a slow
 * spell of the machine hits both sides of a ratio.
 *
 * @throws RangeError if the lengths differ or are 0
 */
export function pairedRatio(a: readonly number[], b: readonly number[]): Summary {
  if (a.length !== b.length) {
    throw new RangeError(`ratio: ${a.length} rounds against ${b.length}; expected pairs`);
  }
  return summarize(a.map((value, round) => value / b[round]!));
}

/** The largest relative distance between two losses that count as having learnt the same. */
export const LOSS_TOLERANCE = 0.001;

/**
 * Whether two mean losses after the same steps on the same samples from the same weights agree. Float32 sums
 * in another order differ by about 1e-7, and 100 steps make 1e-5 of it; 0.1% is far above that, and below what
 * half the learning rate costs in the four steps of the smoke test (0.4% on XOR, 0.6% on MNIST).
 */
export function learnsTheSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= LOSS_TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}
