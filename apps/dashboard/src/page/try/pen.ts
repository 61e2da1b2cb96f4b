// Strokes of a pen on a canvas.
export interface Point {
  readonly x: number;
  readonly y: number;
}

interface PenStyle {
  /** A colour of CSS. */
  readonly ink: string;
  /** Pixels across. */
  readonly brush: number;
}

type Paper = Pick<
  CanvasRenderingContext2D,
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'lineCap'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'arc'
  | 'stroke'
  | 'fill'
>;

export function drawPoint(paper: Paper, at: Point, { ink, brush }: PenStyle): void {
  paper.fillStyle = ink;
  paper.beginPath();
  paper.arc(at.x, at.y, brush / 2, 0, 2 * Math.PI);
  paper.fill();
}

export function drawSegment(paper: Paper, from: Point, to: Point, { ink, brush }: PenStyle): void {
  paper.strokeStyle = ink;
  paper.lineWidth = brush;
  paper.lineCap = 'round';
  paper.beginPath();
  paper.moveTo(from.x, from.y);
  paper.lineTo(to.x, to.y);
  paper.stroke();
}

/** Pixels that an arrow moves the pen. */
const STEP = 10;

/** Where an arrow leads, on a sheet of that side; undefined for any other key. */
export function keyStep({ x, y }: Point, key: string, side: number): Point | undefined {
  const steps: Readonly<Record<string, Point>> = {
    ArrowUp: { x, y: y - STEP },
    ArrowDown: { x, y: y + STEP },
    ArrowLeft: { x: x - STEP, y },
    ArrowRight: { x: x + STEP, y },
  };
  const to = steps[key];
  const within = (value: number): number => Math.min(side, Math.max(0, value));
  return to && { x: within(to.x), y: within(to.y) };
}
