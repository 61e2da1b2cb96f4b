// A dataset small enough to be written by hand: the four IDX files of 2×2 images in two classes.
// Source of the format: yann.lecun.com/exdb/mnist, "the IDX file format".
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const UNSIGNED_BYTES = 0x08;

function idx(shape: readonly number[], data: readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, (UNSIGNED_BYTES << 8) | shape.length);
  shape.forEach((length, axis) => {
    header.setUint32(4 + 4 * axis, length);
  });
  return new Uint8Array([...new Uint8Array(header.buffer), ...data]);
}

/** Images that are bright on the left (class 0) or on the right (class 1), in turn. */
export function writeTinyDataset(folder: string, samples: { train: number; test: number }): void {
  mkdirSync(folder, { recursive: true });
  for (const [part, count] of [
    ['train', samples.train],
    ['t10k', samples.test],
  ] as const) {
    const labels = Array.from({ length: count }, (_, i) => i % 2);
    const images = labels.flatMap((label) => (label === 0 ? [255, 0, 255, 0] : [0, 255, 0, 255]));
    writeFileSync(join(folder, `${part}-images-idx3-ubyte`), idx([count, 2, 2], images));
    writeFileSync(join(folder, `${part}-labels-idx1-ubyte`), idx([count], labels));
  }
}
