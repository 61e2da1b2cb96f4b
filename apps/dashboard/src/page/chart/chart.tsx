// A chart: its title and unit, its lines with what they come to where the reader points (or last), the plot, and for those
// who are read to a table in its place. New points are drawn in turns with the other charts. Arrows move the pointer, + and − zoom, 0 shows all again.
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { formatNumber } from '../shell/format.js';
import { Swatch } from '../shell/swatch.js';
import { onThemeChange } from '../shell/theme.js';
import type { EpochEnd } from './epoch-marks.js';
import { type Drawn, drawnLines, type Line, type View } from './lines.js';
import { HEIGHT, makePlot } from './plot.js';
import { Turns } from './turns.js';
import { zoomedByKey } from './zoom.js';

export interface ChartProps {
  readonly title: string;
  /** What the numbers are of: `nats`, `samples/s`. */
  readonly unit?: string;
  readonly lines: readonly Line[];
  readonly epochEnds: readonly EpochEnd[];
  readonly view: View;
  readonly onZoom: (range: View['zoom']) => void;
}

export function Chart(props: ChartProps) {
  const { title, unit, lines } = props;
  const heading = useId();
  const [pointed, setPointed] = useState<number | null>(null);
  const drawn = useDrawn(lines, props.view);
  const shown = drawn.lines.flatMap(({ line, isFaint }) => (isFaint ? [] : [line]));
  const lastValues = useMemo(
    () => <LastValues title={title} unit={unit} lines={shown} />,
    [drawn, title, unit],
  );
  const at = pointed === null ? undefined : drawn.data[0][pointed];
  return (
    <figure class="card chart" aria-labelledby={heading}>
      <header>
        <h3 id={heading}>
          {title} {unit && <span class="unit">{unit}</span>}
        </h3>
        <span class="end quiet" aria-hidden="true">
          {at !== undefined && `step ${formatNumber(at)}`}
        </span>
      </header>
      <Plot {...props} drawn={drawn} onPoint={setPointed} />
      <ul class="legend" aria-hidden="true">
        {shown.map((line) => (
          <li key={line.label}>
            <Swatch style={line.style} isThin={line.isThin} />
            <span class="legend-name">{line.label}</span>
            <span class="legend-value">{formatNumber(valueAt(drawn, line, pointed))}</span>
          </li>
        ))}
      </ul>
      {lastValues}
    </figure>
  );
}

const turns = new Turns();

/** What is drawn of the lines as they are, at the latest when all other charts have had their turn. */
function useDrawn(lines: readonly Line[], view: View): Drawn {
  const [drawn, setDrawn] = useState(() => drawnLines(lines, view));
  const newest = useRef({ lines, view });
  newest.current = { lines, view };
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) {
      turns.ask(newest, () => setDrawn(drawnLines(newest.current.lines, newest.current.view)));
    }
    isFirst.current = false;
  }, [lines, view.smoothing, view.isLog]);
  useEffect(() => () => turns.leave(newest), []);
  return drawn;
}

/** Where the reader points, the nearest before it that was measured; else the newest. */
function valueAt(drawn: Drawn, line: Line, pointed: number | null): number | null {
  const column = drawn.lines.findIndex((other) => other.line === line && !other.isFaint);
  const values = drawn.data[column + 1] as readonly (number | null)[] | undefined;
  if (values === undefined) return null;
  let index = pointed ?? values.length - 1;
  while (index > 0 && values[index] === null) index -= 1;
  return values[index] ?? null;
}

interface PlotProps extends ChartProps {
  readonly drawn: Drawn;
  readonly onPoint: (index: number | null) => void;
}

function Plot({ title, epochEnds, view, onZoom, drawn, onPoint }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  // What the plot asks for when it draws.
  const latest = useRef({ view, epochEnds, onZoom, onPoint });
  latest.current = { view, epochEnds, onZoom, onPoint };
  const [theme, setTheme] = useState(0);
  useEffect(() => onThemeChange(() => setTheme((count) => count + 1)), []);
  const shape = JSON.stringify([
    view.isLog,
    theme,
    drawn.lines.map(({ line, isFaint }) => [line.label, line.style, isFaint]),
  ]);
  useEffect(() => {
    const element = place.current!;
    const made = makePlot(element, drawn.data as uPlot.AlignedData, {
      lines: drawn.lines,
      isLog: view.isLog,
      view: () => latest.current.view,
      epochEnds: () => latest.current.epochEnds,
      onPoint: (index) => latest.current.onPoint(index),
      onZoom: (range) => latest.current.onZoom(range),
    });
    plot.current = made;
    const resized = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [shape]);
  useEffect(() => {
    plot.current?.setData(drawn.data as uPlot.AlignedData);
  }, [drawn, view.zoom, epochEnds]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const chart = plot.current;
    if (chart === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (movePointer(chart, event.key)) {
      event.preventDefault();
      return;
    }
    const { min, max } = chart.scales.x!;
    const zoom = zoomedByKey(event.key, min ?? 0, max ?? 1);
    if (zoom === undefined) return;
    event.preventDefault();
    onZoom(zoom);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: no element is a picture that keys point into
    <div
      class="plot"
      role="group"
      aria-label={`${title}, drawn. Arrow keys point at a step, plus and minus zoom, 0 shows all.`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows move the pointer over what is drawn
      tabIndex={0}
      ref={place}
      onKeyDown={onKeyDown}
    />
  );
}

/** Moves to the next point that was measured. @returns whether the key does that */
function movePointer(chart: uPlot, key: string): boolean {
  const way = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
  if (way === 0) return false;
  const steps = chart.data[0];
  const { min, max } = chart.scales.x!;
  const pace = Math.max(1, Math.round(steps.length / 200));
  const from = chart.cursor.idx ?? (way > 0 ? -1 : steps.length);
  const to = Math.min(Math.max(from + way * pace, 0), steps.length - 1);
  const step = Math.min(Math.max(steps[to] ?? 0, min ?? 0), max ?? 0);
  chart.setCursor({ left: chart.valToPos(step, 'x'), top: 10 });
  return true;
}

interface LastValuesProps {
  readonly title: string;
  readonly unit: string | undefined;
  readonly lines: readonly Line[];
}

/** A chart's last values in words. */
function LastValues({ title, unit, lines }: LastValuesProps) {
  return (
    <div class="for-readers">
      <table>
        <caption>
          {title}
          {unit === undefined ? '' : ` in ${unit}`}, last values
        </caption>
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Step</th>
            <th scope="col">Value</th>
            <th scope="col">Least</th>
            <th scope="col">Most</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ label, points: { steps, values } }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{formatNumber(steps.at(-1))}</td>
              <td>{formatNumber(values.at(-1))}</td>
              <td>{formatNumber(extreme(values, Math.min))}</td>
              <td>{formatNumber(extreme(values, Math.max))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function extreme(values: readonly number[], of: (a: number, b: number) => number): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => of(a, b));
}
