// What a chart draws, and what of it depends on how a person wants to see it.
import type { RunStyle } from '../shell/run-style.js';
import { align, type Points, thinned } from './align.js';
import { smooth } from './smooth.js';

export interface Line {
  /** Of one of several runs, or of one of several things. */
  readonly label: string;
  readonly style: RunStyle;
  /** Few points, each of which stands for an epoch: they are drawn, too. */
  readonly isByEpoch: boolean;
  /** Measured on a few samples, and smoothed if the reader likes; what is known exactly is not. */
  readonly isNoisy: boolean;
  /** Beside a line that matters more. */
  readonly isThin: boolean;
  readonly points: Points;
}

export interface View {
  /** In [0, 1). */
  readonly smoothing: number;
  readonly isLog: boolean;
  /** Steps; null: all. */
  readonly zoom: readonly [first: number, last: number] | null;
  /** The newest step that any chart has. */
  readonly lastStep: number;
}

/** One line on the canvas: as measured, or smoothed over it. */
export interface DrawnLine {
  readonly line: Line;
  readonly isFaint: boolean;
}

export interface Drawn {
  readonly lines: readonly DrawnLine[];
  /** Steps, and of each drawn line its values there. */
  readonly data: [steps: number[], ...(number | null)[][]];
}

export function drawnLines(lines: readonly Line[], view: View): Drawn {
  const drawn: DrawnLine[] = [];
  const points: Points[] = [];
  const range = Math.max(view.lastStep, 1);
  for (const line of lines) {
    const measured = thinned(shownPoints(line.points, view), lines.length);
    const isSmoothed = view.smoothing > 0 && line.isNoisy;
    drawn.push({ line, isFaint: isSmoothed });
    points.push(measured);
    if (!isSmoothed) continue;
    const { steps, values } = measured;
    drawn.push({ line, isFaint: false });
    points.push({ steps, values: smooth(steps, values, view.smoothing, range) });
  }
  return { lines: drawn, data: align(points) };
}

/** A logarithm knows nothing of what is not above 0. */
function shownPoints(points: Points, { isLog }: View): Points {
  if (!isLog || points.values.every((value) => value > 0)) return points;
  const kept = points.values.flatMap((value, i) => (value > 0 ? [i] : []));
  return {
    steps: kept.map((i) => points.steps[i]!),
    values: kept.map((i) => points.values[i]!),
  };
}
