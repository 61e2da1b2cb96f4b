// Moving a picture by whole pixels: copies, so not a bit of a pixel changes. What comes in from outside is zero, or the
// picture mirrored at its border.
import { keep, type Row } from './rule.js';

export const BORDERS = ['zero', 'reflect'] as const;
export type Border = (typeof BORDERS)[number];

/** Puts the pixel at (y + dy, x + dx) to (y, x), in every channel. |dy| and |dx| are less than the sides for `reflect`. */
export function move(row: Row, dy: number, dx: number, border: Border): void {
  if (dy === 0 && dx === 0) return;
  keep(row);
  const { values, scratch, channels, height, width } = row;
  const isZero = border === 'zero';
  let to = row.first;
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * height * width;
    for (let y = 0; y < height; y++) {
      const inY = y + dy >= 0 && y + dy < height;
      const line = plane + mirrored(y + dy, height) * width;
      for (let x = 0; x < width; x++, to++) {
        const from = x + dx;
        const isIn = inY && from >= 0 && from < width;
        values[to] = isIn || !isZero ? scratch[line + mirrored(from, width)]! : 0;
      }
    }
  }
}

/** What is wrong with moves by as many pixels as a side has. */
export function nothingLeft(pixels: number, height: number, width: number): string {
  return `moves by up to ${pixels} pixels may leave nothing of pictures of ${height} × ${width}, expected fewer than a side has`;
}

/** …, 2, 1, 0, 1, …, n − 1, n − 2, …: PyTorch's `reflect`. */
function mirrored(at: number, length: number): number {
  if (at < 0) return -at;
  return at < length ? at : 2 * (length - 1) - at;
}
