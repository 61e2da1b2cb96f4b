// A thread as a row: its name, what it does, and its last stretches as bars of shares of a step, the newest at the right.
import { useEffect, useRef } from 'preact/hooks';
import { type Lane, MOST_STRETCHES, type Stretch } from './lane.js';

const HEIGHT = 36;
const PARTS = ['computeMs', 'sendMs', 'waitMs'] as const;
const COLOURS = { computeMs: '--computing', sendMs: '--sending', waitMs: '--waiting' } as const;

export function LaneRow({ lane }: { readonly lane: Lane }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { name, doing, shards, stretches } = lane;
  useEffect(() => draw(canvas.current!, stretches), [stretches]);
  const last = stretches.at(-1);
  return (
    <li>
      <div class="words">
        <strong>{name}</strong>
        <span>{doing}</span>
        <span class="numbers">
          {shards && `shards ${rangeOf(shards)}`}
          {last && ` · ${inWords(last)}`}
        </span>
      </div>
      <canvas
        ref={canvas}
        height={HEIGHT}
        role="img"
        aria-label={last ? inWords(last) : 'nothing yet'}
      />
    </li>
  );
}

function rangeOf({ first, end }: { readonly first: number; readonly end: number }): string {
  if (end <= first) return 'none';
  return end === first + 1 ? `${first}` : `${first} to ${end - 1}`;
}

function inWords({ computeMs, sendMs, waitMs }: Stretch): string {
  return `${(computeMs + sendMs + waitMs).toPrecision(3)} ms a step, ${computeMs.toPrecision(3)} of them computing`;
}

function draw(canvas: HTMLCanvasElement, stretches: readonly Stretch[]): void {
  const scale = devicePixelRatio;
  const width = canvas.clientWidth;
  canvas.width = Math.round(width * scale);
  canvas.height = HEIGHT * scale;
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.scale(scale, scale);
  const colours = getComputedStyle(canvas);
  const bar = width / MOST_STRETCHES;
  stretches.forEach((stretch, i) => {
    const whole = PARTS.reduce((sum, part) => sum + stretch[part], 0);
    const x = width - (stretches.length - i) * bar;
    let bottom = HEIGHT;
    for (const part of PARTS) {
      const height = whole > 0 ? (HEIGHT * stretch[part]) / whole : 0;
      pen.fillStyle = colours.getPropertyValue(COLOURS[part]);
      pen.fillRect(x, bottom - height, Math.max(bar - 0.5, 0.5), height);
      bottom -= height;
    }
  });
}
