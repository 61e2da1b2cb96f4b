// Counts numbers by buckets of equal width, from the least number to the greatest.
import type { HistogramProto } from './schema.js';

const BUCKETS = 64;

/**
 * @param values those that are not finite are left out
 * @returns one bucket where all are equal, none where there is no value
 */
export function histogramOf(values: Float32Array): HistogramProto {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let num = 0;
  let sum = 0;
  let sumSquares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    num++;
    sum += value;
    sumSquares += value * value;
  }
  if (num === 0) return { min: 0, max: 0, num, sum, sumSquares, bucketLimit: [], bucket: [] };
  if (min === max) return { min, max, num, sum, sumSquares, bucketLimit: [max], bucket: [num] };
  const width = (max - min) / BUCKETS;
  const bucketLimit = Array.from({ length: BUCKETS }, (_, i) =>
    i === BUCKETS - 1 ? max : min + (i + 1) * width,
  );
  return { min, max, num, sum, sumSquares, bucketLimit, bucket: counted(values, min, width) };
}

function counted(values: Float32Array, min: number, width: number): number[] {
  const bucket = new Array<number>(BUCKETS).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    bucket[Math.min(BUCKETS - 1, Math.floor((value - min) / width))]!++;
  }
  return bucket;
}
