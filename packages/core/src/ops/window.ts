// The windows of pooling: attributes as PyTorch has them, checked, and what follows of them. Windows slide over the last two axes
// of a tensor; all axes before them are planes. Not here: what is made of a window's taps.
// Invariant: each window has a tap inside of its plane and begins before the plane's end, which is what kernels rely on.
// Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html.
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { type Count, formatShape, type Shape } from '../shape.js';
import { axisRange } from './axis-range.js';
import type { AttributeRule } from './operator.js';

/** Of the rows and of the columns. */
export type Pair = readonly [number, number];

export interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
}

export const WINDOW_ATTRIBUTES: Readonly<Record<string, AttributeRule>> = {
  kernel: 'shape',
  stride: 'shape',
  padding: 'shape',
  // 1 if a last window that is not whole counts, too.
  ceilMode: 'integer',
};

/** No kernel, stride, padding or dilation is longer. */
export const MAX_WINDOW = 65_536;

/** @throws ShapeError if an attribute is not one of two lengths of at least `least` */
export function pairAttribute(
  what: string,
  attributes: Attributes,
  name: string,
  least: number,
): Pair {
  const pair = attributes[name] as Shape;
  const fits = (dim: unknown): boolean =>
    Number.isInteger(dim) && (dim as number) >= least && (dim as number) <= MAX_WINDOW;
  if (pair.length === 2 && pair.every(fits)) return pair as Pair;
  throw new ShapeError(
    `${what}: ${name} is ${formatShape(pair)}, expected two whole numbers in [${least}, ${MAX_WINDOW}]`,
  );
}

export function windowOf(what: string, attributes: Attributes): Window {
  const { dilation = [1, 1] } = attributes;
  return {
    kernel: pairAttribute(what, attributes, 'kernel', 1),
    stride: pairAttribute(what, attributes, 'stride', 1),
    padding: pairAttribute(what, attributes, 'padding', 0),
    dilation: pairAttribute(what, { dilation }, 'dilation', 1),
  };
}

/** @throws ShapeError unless there are two axes behind others */
export function requirePlanes(what: string, shape: Shape): void {
  if (shape.length >= 3) return;
  throw new ShapeError(
    `${what}: needs pictures such as [N, channels, height, width], got ${formatShape(shape)}`,
  );
}

/** @throws ShapeError if the windows do not fit into the planes */
export function windowedShape(what: string, shape: Shape, attributes: Attributes): Shape {
  requirePlanes(what, shape);
  const { ceilMode } = attributes;
  if (ceilMode !== 0 && ceilMode !== 1) {
    throw new ShapeError(`${what}: ceilMode is ${ceilMode}, expected 0 or 1`);
  }
  const window = windowOf(what, attributes);
  const lengths = shape
    .slice(-2)
    .map((size, axis) => outputLength(what, size as number, window, axis, ceilMode));
  return [...shape.slice(0, -2), ...lengths];
}

function outputLength(
  what: string,
  size: number,
  { kernel, stride, padding, dilation }: Window,
  axis: number,
  ceilMode: number,
): number {
  const [k, s, p, d] = [kernel[axis]!, stride[axis]!, padding[axis]!, dilation[axis]!];
  if (p > k / 2) {
    throw new ShapeError(
      `${what}: padding ${p} is more than half of the kernel, ${k}; some windows would lie outside`,
    );
  }
  const room = size + 2 * p - d * (k - 1) - 1;
  let length = Math.floor((room + ceilMode * (s - 1)) / s) + 1;
  // A window has to begin in the plane or in the padding before it.
  if (ceilMode === 1 && (length - 1) * s >= size + p) length--;
  if (length < 1) {
    throw new ShapeError(
      `${what}: a kernel of ${k}${d > 1 ? ` with dilation ${d}` : ''} is longer than axis ${axis === 0 ? 'height' : 'width'} of ${size} with padding ${p}`,
    );
  }
  for (let start = -p; start < Math.min(0, (length - 1) * s - p + 1); start += s) {
    const first = start + d * Math.ceil(-start / d);
    if (first < size) continue;
    throw new ShapeError(
      `${what}: with dilation ${d} and padding ${p} a window has no tap in an axis of ${size}`,
    );
  }
  return length;
}

/** The planes of a tensor and of what pooling makes of it, as the kernels take them. */
export function planeArguments(
  from: Shape,
  to: Shape,
): readonly [planes: Count, h: number, w: number, outH: number, outW: number] {
  const { outer } = axisRange(from, from.length - 2, 1);
  const [h, w] = from.slice(-2) as number[];
  const [outH, outW] = to.slice(-2) as number[];
  return [outer, h!, w!, outH!, outW!];
}

/** Rows [top, bottom) and columns [left, right) of a plane. */
export interface Region {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Visits each output's place among all, with its row and column and where its plane begins: for reference kernels. */
export function forEachOutput(
  from: readonly number[],
  to: readonly number[],
  visit: (output: number, row: number, column: number, plane: number) => void,
): void {
  const [h, w] = from.slice(-2) as [number, number];
  const [outH, outW] = to.slice(-2) as [number, number];
  const planes = from.slice(0, -2).reduce((all, dim) => all * dim, 1);
  for (let p = 0; p < planes; p++) {
    for (let o = 0; o < outH; o++) {
      for (let c = 0; c < outW; c++) visit((p * outH + o) * outW + c, o, c, p * h * w);
    }
  }
}

/** Visits the places of a region in a plane that is `width` wide. */
export function forEachPlace(
  { top, bottom, left, right }: Region,
  width: number,
  visit: (place: number) => void,
): void {
  for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) visit(i * width + j);
}

/** How many places behind the plane the last window reaches, for each axis: what ONNX wants to be told as padding. */
export function endPadding(
  from: Shape,
  to: Shape,
  { kernel, stride, padding, dilation }: Window,
): number[] {
  return [0, 1].map((axis) => {
    const size = from.at(axis - 2) as number;
    const last = ((to.at(axis - 2) as number) - 1) * stride[axis]! - padding[axis]!;
    return Math.max(0, last + dilation[axis]! * (kernel[axis]! - 1) + 1 - size);
  });
}
