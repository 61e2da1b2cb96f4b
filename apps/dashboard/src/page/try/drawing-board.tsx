// A sheet of paper to draw on, by mouse, pen, finger or keyboard; or for a picture that is chosen, dropped or pasted. What is
// on it becomes the network's input by the same rule that `lockstep predict` follows.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PictureView } from '../brain/view.js';
import { drawPoint, drawSegment, keyStep, type Point } from './pen.js';
import { pictureFrom, pixelsOf } from './picture-file.js';
import type { Asking } from './use-asked.js';

/** Pixels of a side. */
const SIDE = 280;
const BRUSHES = { least: 8, most: 48, usual: 22 };
const PAPER = { light: '#ffffff', dark: '#000000' };

interface BoardProps {
  readonly picture: PictureView;
  /** Whether the paper is dark at first. */
  readonly isDark: boolean;
  readonly ask: Asking['ask'];
}

export function DrawingBoard({ picture, isDark, ask }: BoardProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pen = useRef<Point | undefined>(undefined);
  const cursor = useRef<Point>({ x: SIDE / 2, y: SIDE / 2 });
  const isKeyDown = useRef(false);
  const [brush, setBrush] = useState(BRUSHES.usual);
  const [chosenPaper, setPaper] = useState<'light' | 'dark'>();
  const [colour, setColour] = useState<string>();
  const [said, setSaid] = useState('');
  /** What lies on the sheet: nothing, strokes, or a picture, which the first stroke replaces. */
  const lies = useRef<'nothing' | 'strokes' | 'picture'>('nothing');
  const paperBefore = useRef<'light' | 'dark'>('light');
  // A drawing is looked for on whatever paper it is on, where that is how pictures become samples; one that was begun stays.
  const usual = isDark && !picture.isDrawn ? 'dark' : 'light';
  const paper = chosenPaper ?? (lies.current === 'nothing' ? usual : paperBefore.current);
  paperBefore.current = paper;
  const ink = colour ?? PAPER[paper === 'light' ? 'dark' : 'light'];
  const context = (): CanvasRenderingContext2D =>
    canvas.current!.getContext('2d', { willReadFrequently: true })!;
  const clear = (): void => {
    context().fillStyle = PAPER[paper];
    context().fillRect(0, 0, SIDE, SIDE);
    lies.current = 'nothing';
    pen.current = undefined;
    isKeyDown.current = false;
  };
  useEffect(() => {
    clear();
    ask(undefined);
    setSaid('');
  }, [paper]);
  const stroke = (from: Point, to: Point): void => {
    if (lies.current === 'picture') clear();
    lies.current = 'strokes';
    setSaid('');
    const style = { ink, brush };
    if (from.x === to.x && from.y === to.y) drawPoint(context(), to, style);
    else drawSegment(context(), from, to, style);
  };
  const askNow = (): void => ask(['askPicture', pixelsOf(context())]);
  const show = async (blob: Blob, name: string): Promise<void> => {
    try {
      const { picture: given, bitmap } = await pictureFrom(blob);
      clear();
      drawWhole(context(), bitmap);
      lies.current = 'picture';
      setSaid(`${name}, ${given.width} × ${given.height}`);
      ask(['askPicture', given]);
    } catch (error) {
      setSaid((error as Error).message);
    }
  };
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) =>
        type.startsWith('image/'),
      );
      if (file) void show(file, 'the pasted picture');
    };
    addEventListener('paste', paste);
    return () => removeEventListener('paste', paste);
  });
  return (
    <section class="card board-card">
      <header>
        <h2>{picture.isDrawn ? 'Draw here' : 'Draw, or give a picture'}</h2>
        <button
          type="button"
          class="end"
          onClick={() => {
            clear();
            ask(undefined);
            setSaid('');
          }}
        >
          Clear
        </button>
      </header>
      <canvas
        ref={canvas}
        class="board"
        width={SIDE}
        height={SIDE}
        tabIndex={0}
        role="img"
        aria-label="A sheet to draw on. Arrows move the pen, the space bar puts it down or lifts it, Delete clears."
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          pen.current = placeOf(event);
          stroke(pen.current, pen.current);
          askNow();
        }}
        onPointerMove={(event) => {
          if (!pen.current) return;
          const events = event.getCoalescedEvents?.() ?? [];
          for (const one of events.length > 0 ? events : [event]) {
            const to = placeOf(one, event.currentTarget);
            stroke(pen.current, to);
            pen.current = to;
          }
          askNow();
        }}
        onPointerUp={() => {
          pen.current = undefined;
        }}
        onPointerCancel={() => {
          pen.current = undefined;
        }}
        onKeyDown={(event) => {
          const { current: from } = cursor;
          if (event.key === 'Delete' || event.key === 'Backspace') {
            clear();
            ask(undefined);
          } else if (event.key === ' ') {
            isKeyDown.current = !isKeyDown.current;
            if (isKeyDown.current) {
              stroke(from, from);
              askNow();
            }
            setSaid(isKeyDown.current ? 'The pen is down.' : 'The pen is up.');
          } else {
            const to = keyStep(from, event.key, SIDE);
            if (!to) return;
            if (isKeyDown.current) {
              stroke(from, to);
              askNow();
            }
            cursor.current = to;
          }
          event.preventDefault();
        }}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          const file = event.dataTransfer?.files[0];
          if (file) void show(file, file.name);
        }}
      />
      <p class="board-said" role="status">
        {said}
      </p>
      <div class="board-tools">
        <label>
          Brush{' '}
          <input
            type="range"
            min={BRUSHES.least}
            max={BRUSHES.most}
            value={brush}
            onInput={(event) => setBrush(Number(event.currentTarget.value))}
          />
        </label>
        {picture.channels === 3 && (
          <label>
            Ink{' '}
            <input
              type="color"
              value={ink}
              onInput={(event) => setColour(event.currentTarget.value)}
            />
          </label>
        )}
        <button
          type="button"
          aria-pressed={paper === 'dark'}
          onClick={() => setPaper(paper === 'dark' ? 'light' : 'dark')}
        >
          Dark paper
        </button>
        <label class="file-choice">
          Picture{' '}
          <input
            type="file"
            accept="image/*"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file) void show(file, file.name);
            }}
          />
        </label>
      </div>
      <p class="quiet">Or drop or paste a picture. It becomes {picture.said}.</p>
    </section>
  );
}

/** In the canvas's own pixels, however large CSS makes it. */
function placeOf(
  { clientX, clientY, currentTarget }: PointerEvent,
  target = currentTarget as HTMLCanvasElement,
): Point {
  const { left, top, width, height } = target.getBoundingClientRect();
  return { x: ((clientX - left) * SIDE) / width, y: ((clientY - top) * SIDE) / height };
}

/** As large as fits, in the middle. */
function drawWhole(context: CanvasRenderingContext2D, bitmap: ImageBitmap): void {
  const scale = SIDE / Math.max(bitmap.width, bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  context.drawImage(bitmap, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
}
