// How the numbers of a tensor are spread: counted in bins between two values that nearly all of them lie between.
// Invariant: every number is counted once, in a bin or among the zeros; what lies beyond the ends is in the outermost bins.

export interface Histogram {
  /** The lower end of the first bin. */
  readonly low: number;
  /** The upper end of the last one; above `low`. */
  readonly high: number;
  /** Numbers in each bin, of equal width. */
  readonly counts: readonly number[];
  /** Numbers that are exactly 0, which are in no bin. */
  readonly zeros: number;
  /** All numbers. */
  readonly count: number;
  readonly mean: number;
  /** The square root of the mean square of what differs from the mean. */
  readonly deviation: number;
}

export const BINS = 48;
/** So many numbers say where the ends are. */
const LOOKED_AT = 8192;
/** The share of numbers beyond each end. */
const BEYOND = 0.002;
/** Its multiples modulo 1 are spread as evenly as can be. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** @param isZeroApart whether zeros are counted by themselves, as a relu gives them */
export function histogramOf(values: Float32Array, isZeroApart: boolean, bins = BINS): Histogram {
  const { low, high } = endsOf(values, isZeroApart);
  const counts: number[] = new Array(bins).fill(0);
  const scale = bins / (high - low);
  let [zeros, sum, squares] = [0, 0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
    if (isZeroApart && value === 0) zeros++;
    else counts[Math.min(bins - 1, Math.max(0, Math.floor((value - low) * scale)))]!++;
  }
  const count = values.length;
  const mean = count === 0 ? 0 : sum / count;
  const variance = count === 0 ? 0 : squares / count - mean * mean;
  return { low, high, counts, zeros, count, mean, deviation: Math.sqrt(Math.max(0, variance)) };
}

/** Where nearly all values lie between; a little apart even where all are equal. */
function endsOf(values: Float32Array, isZeroApart: boolean): { low: number; high: number } {
  const seen = sampled(values, LOOKED_AT)
    .filter((value) => !(isZeroApart && value === 0))
    .sort();
  if (seen.length === 0) return { low: 0, high: 1 };
  const last = seen.length - 1;
  const low = seen[Math.floor(BEYOND * last)]!;
  const high = seen[Math.ceil((1 - BEYOND) * last)]!;
  if (high > low) return { low, high };
  const beside = Math.abs(low) / 2 || 0.5;
  return { low: low - beside, high: high + beside };
}

/** At most so many of the values: one of each of as many stretches, at a place that changes, so that no column is preferred. */
export function sampled(values: Float32Array, most: number): Float32Array {
  if (values.length <= most) return values.slice();
  const seen = new Float32Array(most);
  const step = values.length / most;
  for (let i = 0; i < most; i++) seen[i] = values[Math.floor((i + ((i * GOLDEN) % 1)) * step)]!;
  return seen;
}

/**
 * A histogram's numbers over other bins: each bin's share goes to the bins that it lies over.
 *
 * @returns the share of all numbers in each of the new bins
 */
export function rebinned(histogram: Histogram, low: number, high: number, bins: number): number[] {
  const shares: number[] = new Array(bins).fill(0);
  const { counts, count } = histogram;
  if (count === 0) return shares;
  const width = (histogram.high - histogram.low) / counts.length;
  const newWidth = (high - low) / bins;
  for (const [i, own] of counts.entries()) {
    if (own === 0) continue;
    const start = (histogram.low + i * width - low) / newWidth;
    const end = start + width / newWidth;
    const [from, to] = [clamped(start, bins), clamped(end, bins)];
    if (to - from <= 0) {
      shares[start >= bins ? bins - 1 : 0]! += own / count;
      continue;
    }
    for (let bin = Math.floor(from); bin < to; bin++) {
      const part = Math.min(to, bin + 1) - Math.max(from, bin);
      shares[bin]! += ((own / count) * part) / (to - from);
    }
  }
  return shares;
}

function clamped(place: number, bins: number): number {
  return Math.min(bins, Math.max(0, place));
}
