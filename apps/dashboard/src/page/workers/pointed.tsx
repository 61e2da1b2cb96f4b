// What the reader points at on the lanes, in words.

import { wordsOf } from '../shell/event-words.js';
import { formatMs, formatShare, formatTime } from '../shell/format.js';
import { type Frame, KINDS } from '../store/lane-history.js';
import { type Mark, marksIn } from './marks.js';
import type { Row } from './rows.js';
import { framesIn, sharesOf } from './shares.js';
import type { Stretch } from './window.js';

interface PointedProps {
  readonly pointed: { readonly at: number; readonly row: number } | null;
  readonly frames: readonly Frame[];
  readonly rows: readonly Row[];
  readonly marks: readonly Mark[];
  readonly stretch: Stretch;
}

/** Of the stretch: how near a mark is pointed at. */
const NEAR = 0.008;

export function Pointed({ pointed, frames, rows, marks, stretch }: PointedProps) {
  return (
    <p class="pointed quiet" aria-hidden="true">
      {pointed === null ? '\u00a0' : wordsAt(pointed, frames, rows, marks, stretch)}
    </p>
  );
}

function wordsAt(
  { at, row }: { readonly at: number; readonly row: number },
  frames: readonly Frame[],
  rows: readonly Row[],
  marks: readonly Mark[],
  { from, to }: Stretch,
): string {
  const near = (to - from) * NEAR;
  const events = marksIn(marks, at - near, at + near).map(({ event }) => wordsOf(event));
  const [first] = framesIn(frames, at, at);
  const frame = frames[first];
  const name = rows[row];
  const parts = [formatTime(at, (to - from) / 100)];
  if (name !== undefined && frame !== undefined && frame.from <= at) {
    const label = name.threads === null ? `${name.worker}, ${name.label}` : name.label;
    parts.push(
      `${label}: ${spentWords(frames, first, name)} of ${formatMs(frame.to - frame.from)}`,
    );
  }
  return [...parts, ...events].join(' · ');
}

function spentWords(frames: readonly Frame[], frame: number, row: Row): string {
  const shares = new Float64Array(KINDS.length);
  if (sharesOf(frames, frame, frame + 1, row, shares) === 0) return 'not there';
  const words = KINDS.flatMap((kind, k) =>
    shares[k]! >= 0.001 ? [`${kind} ${formatShare(shares[k]!)}`] : [],
  );
  return words.length === 0 ? 'nothing' : words.join(', ');
}
