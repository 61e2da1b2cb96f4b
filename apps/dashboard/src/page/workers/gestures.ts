// Pointers and wheels over the lanes: drag to pan, pinch or Ctrl and wheel to zoom, sideways wheel to pan, hover to point.
// The page still scrolls by the wheel, and by a finger that moves up or down.
import { useEffect, useRef } from 'preact/hooks';
import { HEAD, ROW } from './paint.js';
import { type Bounds, panned, stretchOf, type TimeWindow, zoomed } from './window.js';

interface GestureTargets {
  readonly window: TimeWindow;
  readonly bounds: Bounds;
  readonly setWindow: (window: TimeWindow) => void;
  readonly point: (pointed: { readonly at: number; readonly row: number } | null) => void;
}

export function useGestures(
  canvas: { readonly current: HTMLCanvasElement | null },
  targets: GestureTargets,
): void {
  const latest = useRef(targets);
  latest.current = targets;
  useEffect(() => {
    const ends = new AbortController();
    attach(canvas.current!, () => latest.current, ends.signal);
    return () => ends.abort();
  }, [canvas]);
}

/** Of a wheel's pixels: so much more of the time is shown, or less for those below 0, and back again. */
function factorOf(pixels: number): number {
  const more = 1 + Math.abs(pixels) / 400;
  return pixels < 0 ? 1 / more : more;
}

function attach(canvas: HTMLCanvasElement, now: () => GestureTargets, signal: AbortSignal): void {
  /** Pointers that are down, by id, with where they are. */
  const down = new Map<number, number>();
  const msPerPixel = (): number => now().window.spanMs / canvas.clientWidth;
  const timeAt = (clientX: number): number => {
    const { from } = stretchOf(now().window, now().bounds);
    return from + (clientX - canvas.getBoundingClientRect().left) * msPerPixel();
  };
  const set = (window: TimeWindow): void => now().setWindow(window);

  const onMove = (event: PointerEvent): void => {
    const before = down.get(event.pointerId);
    const rect = canvas.getBoundingClientRect();
    if (before === undefined) {
      const row = Math.floor((event.clientY - rect.top - HEAD) / ROW);
      now().point({ at: timeAt(event.clientX), row });
      return;
    }
    const { window, bounds } = now();
    if (down.size === 1) {
      down.set(event.pointerId, event.clientX);
      set(panned(window, bounds, (before - event.clientX) * msPerPixel()));
      return;
    }
    const other = [...down].find(([id]) => id !== event.pointerId)![1];
    const [wasApart, isApart] = [Math.abs(before - other), Math.abs(event.clientX - other)];
    down.set(event.pointerId, event.clientX);
    set(zoomed(window, bounds, Math.max(wasApart, 1) / Math.max(isApart, 1), timeAt(other)));
  };
  const onWheel = (event: WheelEvent): void => {
    const { window, bounds } = now();
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      set(zoomed(window, bounds, factorOf(event.deltaY), timeAt(event.clientX)));
      return;
    }
    if (Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
    event.preventDefault();
    set(panned(window, bounds, event.deltaX * msPerPixel()));
  };
  const up = ({ pointerId }: PointerEvent): void => {
    down.delete(pointerId);
  };

  canvas.addEventListener(
    'pointerdown',
    (event) => {
      down.set(event.pointerId, event.clientX);
      canvas.setPointerCapture(event.pointerId);
    },
    { signal },
  );
  canvas.addEventListener('pointermove', onMove, { signal });
  canvas.addEventListener('pointerup', up, { signal });
  canvas.addEventListener('pointercancel', up, { signal });
  canvas.addEventListener('pointerleave', () => now().point(null), { signal });
  canvas.addEventListener('wheel', onWheel, { signal, passive: false });
}
