// The lanes: names of workers and threads beside a canvas of what they do, which is zoomed and panned by pointer and keys, and
// follows the newest until somebody looks back. What the reader points at stands below it in words.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { onThemeChange } from '../shell/theme.js';
import type { Frame } from '../store/lane-history.js';
import { useGestures } from './gestures.js';
import type { Mark } from './marks.js';
import { heightOf, type LaneColours, laneColours, paint } from './paint.js';
import { Pointed } from './pointed.js';
import type { Row } from './rows.js';
import { type Bounds, byKey, stretchOf, type TimeWindow, whole, zoomed } from './window.js';

interface LanesProps {
  readonly frames: readonly Frame[];
  readonly rows: readonly Row[];
  readonly open: ReadonlySet<string>;
  readonly toggle: (worker: string) => void;
  readonly marks: readonly Mark[];
  readonly bounds: Bounds;
  readonly window: TimeWindow;
  readonly setWindow: (window: TimeWindow) => void;
}

export function Lanes(props: LanesProps) {
  const { frames, rows, open, toggle, marks, bounds, window, setWindow } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState<{ readonly at: number; readonly row: number } | null>(
    null,
  );
  const stretch = stretchOf(window, bounds);
  useCanvas(canvas, (ctx, colours, width, seen) =>
    paint(ctx, colours, {
      frames,
      rows,
      marks,
      stretch,
      width,
      seen,
      pointed: pointed?.at ?? null,
    }),
  );
  useGestures(canvas, { window, bounds, setWindow, point: setPointed });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = byKey(event.key, window, bounds);
    if (next === undefined) return;
    event.preventDefault();
    setWindow(next);
  };
  return (
    <div class="lanes">
      <div class="lanes-controls">
        <button
          type="button"
          aria-label="Zoom in"
          onClick={() => setWindow(zoomed(window, bounds, 0.5))}
        >
          +
        </button>
        <button
          type="button"
          aria-label="Zoom out"
          onClick={() => setWindow(zoomed(window, bounds, 2))}
        >
          −
        </button>
        <button type="button" onClick={() => setWindow(whole(bounds))}>
          All
        </button>
        <button
          type="button"
          aria-pressed={window.end === null}
          onClick={() => setWindow({ ...window, end: window.end === null ? bounds.last : null })}
        >
          Follow
        </button>
        <span class="quiet hint">Drag to pan, Ctrl and wheel or + − to zoom</span>
      </div>
      <div class="lanes-body">
        <ul class="lane-names">
          {rows.map((row) => (
            <li key={row.key}>
              {row.threads === null || row.threads < 2 ? (
                <span class={row.threads === null ? 'thread-name' : ''} title={row.label}>
                  {row.label}
                </span>
              ) : (
                <button
                  type="button"
                  aria-expanded={open.has(row.worker)}
                  title={`${row.label}: ${row.threads} threads`}
                  onClick={() => toggle(row.worker)}
                >
                  {row.label}
                </button>
              )}
            </li>
          ))}
        </ul>
        {/* biome-ignore lint/a11y/useSemanticElements: no element is a picture that keys move */}
        <div
          class="lane-canvas"
          role="group"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows pan, plus and minus zoom
          tabIndex={0}
          aria-label="What each worker and thread did over time; the table below has it in numbers. Arrow keys pan, plus and minus zoom, 0 shows all, End follows."
          onKeyDown={onKeyDown}
        >
          <canvas ref={canvas} style={{ height: `${heightOf(rows.length)}px` }} />
        </div>
      </div>
      <Pointed pointed={pointed} {...{ frames, rows, marks, stretch }} />
    </div>
  );
}

type Draw = (
  ctx: CanvasRenderingContext2D,
  colours: LaneColours,
  width: number,
  seen: readonly [number, number],
) => void;

/** Draws before the next frame whenever the component did, the canvas changed its size, or other parts of it are in sight. */
function useCanvas(canvas: { readonly current: HTMLCanvasElement | null }, draw: Draw): void {
  const latest = useRef(draw);
  latest.current = draw;
  const asked = useRef(0);
  const colours = useRef<LaneColours | undefined>(undefined);
  const ask = useCallback(() => {
    if (asked.current !== 0) return;
    asked.current = requestAnimationFrame(() => {
      asked.current = 0;
      const place = canvas.current;
      if (place === null) return;
      colours.current ??= laneColours();
      const { width, top } = fit(place);
      const ctx = place.getContext('2d')!;
      ctx.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
      latest.current(ctx, colours.current, width, [-top, innerHeight - top]);
    });
  }, [canvas]);
  useEffect(ask);
  const ends = useMemo(() => new AbortController(), []);
  useEffect(() => {
    const resized = new ResizeObserver(ask);
    resized.observe(canvas.current!.parentElement!);
    addEventListener('scroll', ask, { passive: true, signal: ends.signal });
    const forget = onThemeChange(() => {
      colours.current = undefined;
      ask();
    });
    return () => {
      resized.disconnect();
      ends.abort();
      forget();
      cancelAnimationFrame(asked.current);
    };
  }, [ask, canvas, ends]);
}

/** Its pixels are the screen's, its size what CSS and its rows give it. */
function fit(canvas: HTMLCanvasElement): { readonly width: number; readonly top: number } {
  const { width, height, top } = canvas.getBoundingClientRect();
  const [across, down] = [width, height].map((size) => Math.round(size * devicePixelRatio));
  if (canvas.width !== across) canvas.width = across!;
  if (canvas.height !== down) canvas.height = down!;
  return { width, top };
}
