// Lines with steps of their own, brought to one axis: a chart has all of them over the same steps.
import { largestTriangles } from '../store/curve.js';

export interface Points {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** All lines of a chart together; a chart that follows a run is drawn ten times a second. */
const MOST_POINTS = 8000;
const FEWEST_POINTS = 200;

/** As many lines as there are get their share of the points. */
export function thinned(points: Points, lines: number): Points {
  const count = Math.max(FEWEST_POINTS, Math.floor(MOST_POINTS / lines));
  if (points.steps.length <= count) return points;
  const kept = largestTriangles(points.steps, points.values, count);
  return {
    steps: kept.map((i) => points.steps[i]!),
    values: kept.map((i) => points.values[i]!),
  };
}

/** @returns every step that a line has, ascending; and of each line its value there, or null */
export function align(lines: readonly Points[]): [steps: number[], ...(number | null)[][]] {
  const steps = [...new Set(lines.flatMap((line) => line.steps))].sort((a, b) => a - b);
  const columns = lines.map((line) => {
    let next = 0;
    return steps.map((step) => (line.steps[next] === step ? line.values[next++]! : null));
  });
  return [steps, ...columns];
}
