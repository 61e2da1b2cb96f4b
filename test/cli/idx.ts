// A dataset small enough to be written by hand: the four IDX files of 2×2 images in two classes.
// Source of the format: yann.lecun.com/exdb/mnist, "the IDX file format".
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const UNSIGNED_BYTES = 0x08;

export function idx(shape: readonly number[], data: readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, (UNSIGNED_BYTES << 8) | shape.length);
  shape.forEach((length, axis) => {
    header.setUint32(4 + 4 * axis, length);
  });
  return new Uint8Array([...new Uint8Array(header.buffer), ...data]);
}

export interface TinyOptions {
  /** Labels are `first`, `first` + 1, … in turn. Default 0. */
  readonly first?: number;
  /** Of an image. Default [2, 2]. */
  readonly shape?: readonly [rows: number, columns: number];
  /** Default 2: images that are bright on the left, or on the right; more are dark. */
  readonly classes?: number;
}

/** Images that are bright on the left (the first class) or on the right (the second), in turn. */
export function writeTinyDataset(
  folder: string,
  samples: { train: number; test: number },
  { first = 0, shape: [rows, columns] = [2, 2], classes = 2 }: TinyOptions = {},
): void {
  mkdirSync(folder, { recursive: true });
  const image = (label: number): number[] =>
    Array.from({ length: rows * columns }, (_, i) =>
      Math.floor((2 * (i % columns)) / columns) === label ? 255 : 0,
    );
  for (const [part, count] of [
    ['train', samples.train],
    ['t10k', samples.test],
  ] as const) {
    const labels = Array.from({ length: count }, (_, i) => i % classes);
    const images = labels.flatMap(image);
    writeFileSync(join(folder, `${part}-images-idx3-ubyte`), idx([count, rows, columns], images));
    const shifted = labels.map((label) => label + first);
    writeFileSync(join(folder, `${part}-labels-idx1-ubyte`), idx([count], shifted));
  }
}
