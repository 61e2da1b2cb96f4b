// A noisy curve made calm: an exponential moving average over the axis rather than over points, since points are thinned and
// lie closer where a run is now.
// Source: TensorBoard's smoothing, which is corrected for the beginning as Adam's moments are (Kingma and Ba, 2015, §3).

/** A step's weight is taken as if the whole axis had so many points. */
const POINTS_OF_AN_AXIS = 1000;

/**
 * @param weight in [0, 1): of what was before, a thousandth of the axis ago; 0 leaves the values as they are
 * @param range length of the axis, above 0
 */
export function smooth(
  xs: readonly number[],
  ys: readonly number[],
  weight: number,
  range: number,
): number[] {
  if (weight === 0) return [...ys];
  let sum = 0;
  let total = 0;
  return ys.map((y, i) => {
    const distance = i === 0 ? 1 : ((xs[i]! - xs[i - 1]!) / range) * POINTS_OF_AN_AXIS;
    const kept = weight ** Math.max(distance, Number.EPSILON);
    sum = kept * sum + (1 - kept) * y;
    total = kept * total + (1 - kept);
    return total === 0 ? y : sum / total;
  });
}
