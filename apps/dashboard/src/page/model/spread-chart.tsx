// A map of how numbers were spread: steps across, values up, the darker the more; at the right edge the newest as bars.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { mixed, parseColour } from '../drawing/colour-scale.js';
import { readColours } from '../shell/colours.js';
import { formatNumber } from '../shell/format.js';
import { onThemeChange } from '../shell/theme.js';
import { type Column, columnEdges, type SpreadMap, spreadMap } from './spread-history.js';

const BINS = 40;
/** In CSS pixels. */
const [HEIGHT, BARS] = [64, 46];

interface SpreadChartProps {
  readonly columns: readonly Column[];
  readonly label: string;
}

export function SpreadChart({ columns, label }: SpreadChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const map = useMemo(() => spreadMap(columns, BINS), [columns]);
  useEffect(() => {
    const drawAll = (): void => {
      const { current } = canvas;
      if (current) draw(current, map, columnEdges(columns));
    };
    drawAll();
    const resizes = new ResizeObserver(drawAll);
    resizes.observe(canvas.current!);
    const endTheme = onThemeChange(drawAll);
    return () => {
      resizes.disconnect();
      endTheme();
    };
  }, [map, columns]);
  const [first, last] = [columns[0]!.step, columns.at(-1)!.step];
  return (
    <div class="spread-chart">
      <span class="axis-high" aria-hidden="true">
        {formatNumber(map.high)}
      </span>
      <span class="axis-low" aria-hidden="true">
        {formatNumber(map.low)}
      </span>
      <canvas ref={canvas} role="img" aria-label={label} style={{ height: `${HEIGHT}px` }} />
      <span class="axis-steps" aria-hidden="true">
        {first === last
          ? `step ${formatNumber(last)}`
          : `step ${formatNumber(first)} – ${formatNumber(last)}`}
      </span>
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, map: SpreadMap, edges: readonly number[]): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const ratio = devicePixelRatio || 1;
  const all = canvas.clientWidth;
  canvas.width = Math.round(all * ratio);
  canvas.height = Math.round(HEIGHT * ratio);
  context.scale(ratio, ratio);
  const colours = readColours(['--raised', '--accent', '--line-strong']);
  const [empty, full] = [parseColour(colours['--raised']), parseColour(colours['--accent'])];
  const width = all - BARS - 4;
  const height = HEIGHT / map.bins;
  context.fillStyle = colours['--raised'];
  context.fillRect(0, 0, width, HEIGHT);
  for (const [i, shares] of map.shares.entries()) {
    const [left, right] = [edges[i]! * width, edges[i + 1]! * width];
    for (const [bin, share] of shares.entries()) {
      if (share === 0) continue;
      // The root shows the tails, which are what changes.
      context.fillStyle = `rgb(${mixed(empty, full, Math.sqrt(share / map.most)).join(' ')})`;
      context.fillRect(left, HEIGHT - (bin + 1) * height, right - left + 0.5, height + 0.5);
    }
  }
  drawZero(context, map, width, colours['--line-strong']);
  const newest = map.shares.at(-1)!;
  const most = Math.max(...newest) || 1;
  context.fillStyle = colours['--accent'];
  for (const [bin, share] of newest.entries()) {
    const length = (share / most) * BARS;
    context.fillRect(width + 4, HEIGHT - (bin + 1) * height, length, Math.max(1, height - 0.5));
  }
}

function drawZero(
  context: CanvasRenderingContext2D,
  { low, high }: SpreadMap,
  width: number,
  colour: string,
): void {
  if (low >= 0 || high <= 0) return;
  const y = HEIGHT * (high / (high - low));
  context.strokeStyle = colour;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(0, y);
  context.lineTo(width, y);
  context.stroke();
  context.setLineDash([]);
}
