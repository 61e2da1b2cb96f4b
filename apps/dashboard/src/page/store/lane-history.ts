// What threads and workers spent their time on, frame by frame, in bounded memory: when there are too many frames the older
// half is merged in pairs, so that what is newest is as fine as it came and the past gets coarser the older it is.
// Invariant: no time is lost. A merged frame covers what both covered, and what was spent in it is the sum.
import type { LaneSample, Sample, Spent } from '../../contract.js';

/** In the order in which they are stacked. */
export const KINDS = [
  'computing',
  'sending',
  'evaluating',
  'redoing',
  'waiting',
  'resting',
  // What a lane was there for and nobody counts: saving, and whatever else is done between steps.
  'other',
] as const satisfies readonly (keyof Spent | 'other')[];

export interface Lane {
  readonly worker: string;
  readonly thread: number | null;
}

export interface Frame {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Shared by frames that have the same lanes. */
  readonly lanes: readonly Lane[];
  /** [lanes, KINDS] milliseconds. */
  readonly spent: Float32Array;
}

/** Milliseconds of all frames at most: of a hundred lanes fewer frames are kept than of one. */
const MOST_VALUES = 2 ** 20;
const MOST_FRAMES = 4096;
const FEWEST_FRAMES = 256;

export class LaneHistory {
  #frames: Frame[] = [];
  #values = 0;

  get frames(): readonly Frame[] {
    return this.#frames;
  }

  push(sample: Sample): void {
    if (sample.lanes.length === 0) return;
    const before = this.#frames.at(-1);
    // One that was heard before, as after a broken connection.
    if (before !== undefined && sample.at <= before.to) return;
    const frame = toFrame(sample, before?.lanes);
    this.#frames.push(frame);
    this.#values += frame.spent.length;
    const isMuch = this.#values > MOST_VALUES && this.#frames.length > FEWEST_FRAMES;
    if (isMuch || this.#frames.length > MOST_FRAMES) this.#merge();
  }

  #merge(): void {
    const half = 2 * Math.floor(this.#frames.length / 4);
    const merged: Frame[] = [];
    for (let i = 0; i < half; i += 2) {
      merged.push(mergeFrames(this.#frames[i]!, this.#frames[i + 1]!));
    }
    this.#frames = [...merged, ...this.#frames.slice(half)];
    this.#values = this.#frames.reduce((sum, { spent }) => sum + spent.length, 0);
  }
}

function toFrame({ at, ms, lanes }: Sample, before: readonly Lane[] | undefined): Frame {
  const spent = new Float32Array(lanes.length * KINDS.length);
  lanes.forEach((lane, i) => {
    let known = 0;
    KINDS.forEach((kind, k) => {
      const own = kind === 'other' ? Math.max(0, ms - known) : lane.spent[kind];
      spent[i * KINDS.length + k] = own;
      known += own;
    });
  });
  const isSame =
    before?.length === lanes.length && lanes.every((lane, i) => isLane(lane, before[i]!));
  const own = isSame ? before : lanes.map(({ worker, thread }) => ({ worker, thread }));
  return { from: at - ms, to: at, lanes: own, spent };
}

function isLane(a: Lane | LaneSample, b: Lane): boolean {
  return a.worker === b.worker && a.thread === b.thread;
}

/** A lane that only one of them has spent in the other's time nothing that anybody knows of. */
export function mergeFrames(a: Frame, b: Frame): Frame {
  const times = { from: a.from, to: b.to };
  if (a.lanes === b.lanes) {
    return { ...times, lanes: a.lanes, spent: a.spent.map((value, i) => value + b.spent[i]!) };
  }
  const lanes = [...a.lanes];
  for (const lane of b.lanes) if (!lanes.some((other) => isLane(lane, other))) lanes.push(lane);
  const spent = new Float32Array(lanes.length * KINDS.length);
  for (const frame of [a, b]) {
    frame.lanes.forEach((lane, i) => {
      const place = lanes.findIndex((other) => isLane(lane, other)) * KINDS.length;
      for (let k = 0; k < KINDS.length; k++)
        spent[place + k]! += frame.spent[i * KINDS.length + k]!;
    });
  }
  return { ...times, lanes, spent };
}
