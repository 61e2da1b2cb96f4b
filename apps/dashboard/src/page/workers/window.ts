// Which stretch of time the lanes show, and what zooming and panning make of it: pure.
// Invariant: it never leaves the time that there is further than by an empty margin, and never gets shorter than can be told.

export interface Bounds {
  readonly first: number;
  readonly last: number;
}

export interface TimeWindow {
  readonly spanMs: number;
  /** Its end; null: it follows the newest. */
  readonly end: number | null;
}

export const START: TimeWindow = { spanMs: 30_000, end: null };
const SHORTEST_MS = 200;

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What follows begins with the run while there is less of it than the window holds. */
export function stretchOf({ spanMs, end }: TimeWindow, { first, last }: Bounds): Stretch {
  if (end !== null) return { from: end - spanMs, to: end };
  return { from: Math.min(Math.max(last - spanMs, first), last - SHORTEST_MS), to: last };
}

/** @param factor below 1 shows less @param anchor a time that stays where it is; the end if the window follows */
export function zoomed(
  window: TimeWindow,
  bounds: Bounds,
  factor: number,
  anchor?: number,
): TimeWindow {
  const { from, to } = stretchOf(window, bounds);
  const longest = Math.max(bounds.last - bounds.first, SHORTEST_MS);
  const spanMs = Math.min(Math.max((to - from) * factor, SHORTEST_MS), longest);
  if (window.end === null) return { spanMs, end: null };
  const fixed = anchor ?? (from + to) / 2;
  const share = (to - fixed) / (to - from);
  return within({ spanMs, end: fixed + share * spanMs }, bounds);
}

/** Later by so many milliseconds; at the newest it follows again. */
export function panned(window: TimeWindow, bounds: Bounds, ms: number): TimeWindow {
  const { to } = stretchOf(window, bounds);
  const end = to + ms;
  if (end >= bounds.last) return { ...window, end: null };
  return within({ ...window, end }, bounds);
}

export function whole(bounds: Bounds): TimeWindow {
  return { spanMs: Math.max(bounds.last - bounds.first, SHORTEST_MS), end: null };
}

function within({ spanMs, end }: { spanMs: number; end: number }, bounds: Bounds): TimeWindow {
  const earliest = Math.min(bounds.first + spanMs, bounds.last);
  return { spanMs, end: Math.min(Math.max(end, earliest), bounds.last) };
}

/** @returns undefined if the key does nothing with the window */
export function byKey(key: string, window: TimeWindow, bounds: Bounds): TimeWindow | undefined {
  switch (key) {
    case 'ArrowLeft':
      return panned(window, bounds, -window.spanMs / 8);
    case 'ArrowRight':
      return panned(window, bounds, window.spanMs / 8);
    case 'PageUp':
      return panned(window, bounds, -window.spanMs);
    case 'PageDown':
      return panned(window, bounds, window.spanMs);
    case '+':
    case '=':
      return zoomed(window, bounds, 0.6);
    case '-':
      return zoomed(window, bounds, 1 / 0.6);
    case '0':
      return whole(bounds);
    case 'Home':
      return within({ spanMs: window.spanMs, end: bounds.first }, bounds);
    case 'End':
      return { ...window, end: null };
    default:
      return undefined;
  }
}

const TICKS_MS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000];
const HOUR_MS = 3_600_000;

/** Round times for an axis, at most `most` of them. */
export function ticksOf({ from, to }: Stretch, most: number): { at: number[]; stepMs: number } {
  const least = (to - from) / Math.max(most, 1);
  const stepMs =
    TICKS_MS.find((step) => step >= least) ??
    [0.5, 1, 2, 6, 12, 24].map((hours) => hours * HOUR_MS).find((step) => step >= least) ??
    Math.ceil(least / (24 * HOUR_MS)) * 24 * HOUR_MS;
  const at: number[] = [];
  for (let tick = Math.ceil(from / stepMs) * stepMs; tick <= to; tick += stepMs) at.push(tick);
  return { at, stepMs };
}
