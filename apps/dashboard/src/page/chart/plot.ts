// A chart on its canvas: uPlot, told what the page's charts have in common. It is made anew when its lines, its scale or the
// colours change; new points alone are handed to the one that there is.
import uPlot from 'uplot';
import { readColours } from '../shell/colours.js';
import { formatNumber } from '../shell/format.js';
import { drawEpochMarks, type EpochEnd } from './epoch-marks.js';
import type { DrawnLine, View } from './lines.js';

export const HEIGHT = 210;

export interface PlotOptions {
  readonly lines: readonly DrawnLine[];
  readonly isLog: boolean;
  /** What is asked each time, since it changes more often than the plot. */
  readonly view: () => View;
  readonly epochEnds: () => readonly EpochEnd[];
  /** The place in the data that the reader points to; null for none. */
  readonly onPoint: (index: number | null) => void;
  readonly onZoom: (range: readonly [number, number] | null) => void;
}

export function makePlot(place: HTMLElement, data: uPlot.AlignedData, options: PlotOptions): uPlot {
  const colours = readColours(['--text', '--quiet', '--grid', '--line-strong', '--surface']);
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {
    stroke: colours['--quiet'],
    font,
    grid: { stroke: colours['--grid'], width: 1 },
    ticks: { show: false },
  };
  return new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      padding: [10, 20, 0, 0],
      cursor: {
        y: false,
        sync: { key: 'steps', setSeries: false },
        drag: { x: true, y: false, setScale: false },
        points: { size: 6 },
        bind: {
          dblclick: () => () => {
            options.onZoom(null);
            return null;
          },
        },
      },
      scales: {
        x: { time: false, range: () => xRange(options.view()) },
        y: {
          distr: options.isLog ? 3 : 1,
          ...(options.isLog ? {} : { range: (_, min, max) => yRange(min, max) }),
        },
      },
      axes: [
        { ...axis, size: 24, gap: 2, space: 60, values: (_, ticks) => ticks.map(stepText) },
        {
          ...axis,
          size: (_, ticks) => axisWidth(ticks),
          gap: 4,
          space: 34,
          values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : formatNumber(tick))),
        },
      ],
      series: [{}, ...options.lines.map((line) => toSeries(line, colours['--surface']))],
      hooks: {
        drawAxes: [
          (chart) =>
            drawEpochMarks(chart, options.epochEnds(), {
              line: colours['--line-strong'],
              text: colours['--quiet'],
              font: `${11 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`,
            }),
        ],
        setCursor: [(chart) => options.onPoint(chart.cursor.idx ?? null)],
        setSelect: [(chart) => zoomToSelection(chart, options.onZoom)],
      },
    },
    data,
    place,
  );
}

function toSeries({ line, isFaint }: DrawnLine, surface: string): uPlot.Series {
  const colour = readColours([line.style.colour])[line.style.colour]!;
  return {
    label: line.label,
    stroke: isFaint ? withAlpha(colour, 0.28) : colour,
    width: isFaint || line.isThin ? 1 : 1.75,
    dash: isFaint ? [] : [...line.style.dash],
    spanGaps: true,
    points: {
      show: (chart, series) => line.isByEpoch || (!isFaint && isSparse(chart.data[series])),
      size: line.isThin ? 4 : 6,
      fill: surface,
    },
  };
}

/** Of one point there is no line, and of a few a reader wants to know where they are. */
function isSparse(values: uPlot.AlignedData[number] | undefined): boolean {
  const FEW = 20;
  let count = 0;
  for (const value of values ?? []) {
    if (value !== null && ++count > FEW) return false;
  }
  return true;
}

/** `rgb(r, g, b)`, as a browser computes colours, with less of it. */
function withAlpha(colour: string, alpha: number): string {
  return colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}

function stepText(tick: number | null): string {
  return tick === null || !Number.isInteger(tick) ? '' : formatNumber(tick);
}

/** Nothing but numbers of at most a dozen characters stand there. */
function axisWidth(ticks: readonly string[] | null): number {
  const longest = Math.max(3, ...(ticks ?? []).map((tick) => tick.length));
  return Math.ceil(longest * 7 + 12);
}

/** All charts of a run show the same steps, whatever was measured when: what lies below each other was at one time. */
function xRange({ zoom, lastStep }: View): [number, number] {
  return zoom === null ? [0, Math.max(lastStep, 1)] : [zoom[0], zoom[1]];
}

/** A tenth of room above and below; 0 stays in sight where it is near. */
function yRange(min: number | null, max: number | null): [number, number] {
  const [low, high] = [min ?? 0, max ?? 1];
  // What differs by rounding alone is one number.
  const isRange = high - low > 1e-6 * Math.abs(high);
  const room = isRange ? 0.08 * (high - low) : Math.abs(high) * 0.1 || 1;
  const from = low >= 0 && low < high / 3 ? 0 : low - room;
  return [from, high + room];
}

function zoomToSelection(chart: uPlot, onZoom: PlotOptions['onZoom']): void {
  const { left, width } = chart.select;
  // Fewer are a click.
  if (width < 4) return;
  onZoom([chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x')]);
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}
