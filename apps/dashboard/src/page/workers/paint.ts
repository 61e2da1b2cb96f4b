// The lanes on their canvas: for each row and frame a column of what its time went to, marks of events, an axis of time.
// Invariant: draws what it is given and keeps nothing; rows out of sight are not drawn, so that many cost no more than a
// screenful.
import { readColours } from '../shell/colours.js';
import { formatTime } from '../shell/format.js';
import { type Frame, KINDS } from '../store/lane-history.js';
import type { Mark } from './marks.js';
import type { Row } from './rows.js';
import { columnsOf, framesIn, sharesOf } from './shares.js';
import { type Stretch, ticksOf } from './window.js';

/** Pixels of CSS. */
export const HEAD = 38;
export const ROW = 24;
const GAP = 4;

const NAMES = [
  ...KINDS.map((kind) => `--${kind}` as const),
  ...(['--text', '--quiet', '--line', '--grid', '--good', '--bad', '--accent', '--warn'] as const),
] as const;
export type LaneColours = Record<(typeof NAMES)[number], string> & { readonly font: string };

export function laneColours(): LaneColours {
  return { ...readColours(NAMES), font: getComputedStyle(document.body).fontFamily };
}

export interface Picture {
  readonly frames: readonly Frame[];
  readonly rows: readonly Row[];
  readonly marks: readonly Mark[];
  readonly stretch: Stretch;
  /** Of the canvas, in pixels of CSS. */
  readonly width: number;
  /** Of its height what is on the screen. */
  readonly seen: readonly [top: number, bottom: number];
  /** Where the reader points; null for nowhere. */
  readonly pointed: number | null;
}

export function heightOf(rows: number): number {
  return HEAD + rows * ROW;
}

/** @param ctx scaled to pixels of CSS */
export function paint(ctx: CanvasRenderingContext2D, colours: LaneColours, picture: Picture): void {
  const { width, rows, stretch } = picture;
  ctx.clearRect(0, 0, width, heightOf(rows.length));
  const perMs = width / (stretch.to - stretch.from);
  const x = (at: number): number => (at - stretch.from) * perMs;
  paintAxis(ctx, colours, picture, x);
  paintRows(ctx, colours, picture, x, perMs);
  paintPauses(ctx, colours, picture, x);
  paintMarks(ctx, colours, picture, x);
  if (picture.pointed !== null) {
    ctx.fillStyle = colours['--quiet'];
    ctx.fillRect(Math.round(x(picture.pointed)), HEAD - 4, 1, rows.length * ROW + 4);
  }
}

type ToX = (at: number) => number;

function paintAxis(
  ctx: CanvasRenderingContext2D,
  colours: LaneColours,
  { width, rows, stretch }: Picture,
  x: ToX,
): void {
  const { at, stepMs } = ticksOf(stretch, width / 90);
  ctx.font = `11.5px ${colours.font}`;
  ctx.textBaseline = 'top';
  ctx.textAlign = 'left';
  for (const tick of at) {
    const left = Math.round(x(tick));
    ctx.fillStyle = colours['--grid'];
    ctx.fillRect(left, 0, 1, heightOf(rows.length));
    ctx.fillStyle = colours['--quiet'];
    const text = formatTime(tick, stepMs);
    if (left + ctx.measureText(text).width + 6 < width) ctx.fillText(text, left + 4, 2);
  }
}

function paintRows(
  ctx: CanvasRenderingContext2D,
  colours: LaneColours,
  { frames, rows, stretch, seen }: Picture,
  x: ToX,
  perMs: number,
): void {
  const columns = columnsOf(frames, framesIn(frames, stretch.from, stretch.to), 1.5 / perMs);
  const shares = new Float64Array(KINDS.length);
  const height = ROW - GAP;
  rows.forEach((row, r) => {
    const top = HEAD + r * ROW;
    if (top + ROW < seen[0] || top > seen[1]) return;
    ctx.fillStyle = colours['--line'];
    ctx.fillRect(0, top + height, Math.max(0, x(stretch.to)), 1);
    for (const { from, to, first, end } of columns) {
      if (sharesOf(frames, first, end, row, shares) === 0) continue;
      // Whole pixels of the screen: neighbours meet without a seam.
      const left = snapped(x(from));
      const wide = Math.max(snapped(x(to)) - left, 1 / devicePixelRatio);
      let bottom = top + height;
      for (let k = 0; k < KINDS.length; k++) {
        const tall = Math.min(shares[k]! * height, bottom - top);
        if (tall < 0.2) continue;
        ctx.fillStyle = colours[`--${KINDS[k]!}`];
        ctx.fillRect(left, bottom - tall, wide, tall);
        bottom -= tall;
      }
    }
  });
}

/** Pixels that the words need. */
const PAUSE = 80;

/** Time in which nobody trained, as between the end of a process and the next one that went on: said where there is room for it. */
function paintPauses(
  ctx: CanvasRenderingContext2D,
  colours: LaneColours,
  { frames, rows, stretch }: Picture,
  x: ToX,
): void {
  const [first, end] = framesIn(frames, stretch.from, stretch.to);
  ctx.font = `11.5px ${colours.font}`;
  ctx.fillStyle = colours['--quiet'];
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (let f = Math.max(first, 1); f <= Math.min(end, frames.length - 1); f++) {
    const [from, to] = [frames[f - 1]!.to, frames[f]!.from];
    const left = x(Math.max(from, stretch.from));
    const right = x(Math.min(to, stretch.to));
    if (right - left < PAUSE) continue;
    ctx.fillText('not running', (left + right) / 2, HEAD + (rows.length * ROW) / 2);
  }
}

function snapped(pixels: number): number {
  return Math.round(pixels * devicePixelRatio) / devicePixelRatio;
}

function paintMarks(
  ctx: CanvasRenderingContext2D,
  colours: LaneColours,
  { marks, rows, width }: Picture,
  x: ToX,
): void {
  ctx.font = `600 13px ${colours.font}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (const { at, style } of marks) {
    const left = Math.round(x(at));
    ctx.fillStyle = colours[style.colour];
    if (style.isLong) {
      ctx.globalAlpha = 0.55;
      ctx.fillRect(left, HEAD - 6, 1, rows.length * ROW + 6);
      ctx.globalAlpha = 1;
    }
    // Whole at the edges, too.
    ctx.fillText(style.sign, Math.min(Math.max(left, 6), width - 6), HEAD - 13);
  }
}
