// What a row's time went to, over some frames.
import { type Frame, KINDS, type Lane } from '../store/lane-history.js';
import { laneKey, type Row } from './rows.js';

/** Where each lane of frames with the same lanes is. */
const PLACES = new WeakMap<readonly Lane[], ReadonlyMap<string, number>>();

function placesOf(lanes: readonly Lane[]): ReadonlyMap<string, number> {
  const known = PLACES.get(lanes);
  if (known !== undefined) return known;
  const places = new Map(lanes.map((lane, i) => [laneKey(lane), i]));
  PLACES.set(lanes, places);
  return places;
}

/**
 * Of [first, end) of the frames: how much of the row's time each kind took.
 *
 * @param shares [KINDS] is written; what is left to 1 nobody knows of
 * @returns the row's time: milliseconds × lanes that were there
 */
export function sharesOf(
  frames: readonly Frame[],
  first: number,
  end: number,
  row: Row,
  shares: Float64Array,
): number {
  shares.fill(0);
  let time = 0;
  for (let f = first; f < end; f++) {
    const frame = frames[f]!;
    const places = placesOf(frame.lanes);
    for (const member of row.members) {
      const lane = places.get(member);
      if (lane === undefined) continue;
      time += frame.to - frame.from;
      for (let k = 0; k < KINDS.length; k++) shares[k]! += frame.spent[lane * KINDS.length + k]!;
    }
  }
  if (time > 0) for (let k = 0; k < KINDS.length; k++) shares[k]! /= time;
  return time;
}

/** The frames that a stretch of time touches, as [first, end) of all. */
export function framesIn(
  frames: readonly Frame[],
  from: number,
  to: number,
): readonly [first: number, end: number] {
  return [
    firstWhere(frames, (frame) => frame.to > from),
    firstWhere(frames, (frame) => frame.from >= to),
  ];
}

/** By halving: frames lie in the order of time. */
function firstWhere(frames: readonly Frame[], is: (frame: Frame) => boolean): number {
  let [low, high] = [0, frames.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (is(frames[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export interface Column {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** [first, end) of the frames. */
  readonly first: number;
  readonly end: number;
}

/** Frames that are too short to be seen one by one go together, but for those with a pause between them. */
export function columnsOf(
  frames: readonly Frame[],
  [first, end]: readonly [number, number],
  shortestMs: number,
): Column[] {
  const columns: Column[] = [];
  for (let f = first; f < end; f++) {
    const { from, to } = frames[f]!;
    const last = columns.at(-1);
    const isNear = last !== undefined && from - last.to < shortestMs;
    if (isNear && last.to - last.from < shortestMs) {
      columns[columns.length - 1] = { ...last, to, end: f + 1 };
    } else columns.push({ from, to, first: f, end: f + 1 });
  }
  return columns;
}
