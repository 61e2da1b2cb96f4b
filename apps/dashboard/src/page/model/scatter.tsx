// What is said against what is right, a point a sample; on the line the two are equal.
import { useEffect, useRef } from 'preact/hooks';
import { readColours } from '../shell/colours.js';
import { formatNumber } from '../shell/format.js';
import { onThemeChange } from '../shell/theme.js';
import type { Residuals } from './residuals.js';

/** In CSS pixels. */
const SIDE = 320;
const MARGIN = 6;
const RADIUS = 2;

interface ScatterProps {
  readonly residuals: Residuals;
  readonly name: string;
}

export function Scatter({ residuals, name }: ScatterProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [low, high] = endsOf(residuals);
  useEffect(() => {
    const drawAll = (): void => {
      if (canvas.current) draw(canvas.current, residuals);
    };
    drawAll();
    return onThemeChange(drawAll);
  }, [residuals]);
  const label = `${name}: what the model says, up, against what is right, across, of ${formatNumber(residuals.right.length)} samples, from ${formatNumber(low)} to ${formatNumber(high)}; mean absolute error ${formatNumber(residuals.meanAbsolute)}`;
  return (
    <div class="scatter">
      <span class="axis-high" aria-hidden="true">
        {formatNumber(high)}
      </span>
      <span class="axis-name-y" aria-hidden="true">
        said
      </span>
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        style={{ width: `${SIDE}px`, height: `${SIDE}px` }}
      />
      <span class="axis-low" aria-hidden="true">
        {formatNumber(low)}
      </span>
      <span class="axis-name-x" aria-hidden="true">
        right
      </span>
      <span class="axis-end" aria-hidden="true">
        {formatNumber(high)}
      </span>
    </div>
  );
}

/** Of both axes, which are the same. */
function endsOf({ right, said }: Residuals): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const values of [right, said]) {
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

function draw(canvas: HTMLCanvasElement, residuals: Residuals): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(SIDE * ratio);
  canvas.height = Math.round(SIDE * ratio);
  context.scale(ratio, ratio);
  const colours = readColours(['--raised', '--accent', '--line-strong']);
  const [low, high] = endsOf(residuals);
  const place = (value: number): number =>
    MARGIN + ((SIDE - 2 * MARGIN) * (value - low)) / (high - low);
  context.fillStyle = colours['--raised'];
  context.fillRect(0, 0, SIDE, SIDE);
  context.strokeStyle = colours['--line-strong'];
  context.beginPath();
  context.moveTo(place(low), SIDE - place(low));
  context.lineTo(place(high), SIDE - place(high));
  context.stroke();
  context.fillStyle = colours['--accent'];
  context.globalAlpha = Math.max(0.25, Math.min(0.9, 200 / residuals.right.length));
  for (const [i, value] of residuals.right.entries()) {
    context.beginPath();
    context.arc(place(value), SIDE - place(residuals.said[i]!), RADIUS, 0, 2 * Math.PI);
    context.fill();
  }
}
