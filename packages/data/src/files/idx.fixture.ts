// Small IDX datasets and temporary folders for the tests; never part of the build.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { IDX_FILES, IDX_PARTS, type IdxPart, type OfficialDataset } from './sources.js';

/** Big-endian 32-bit words, then bytes: a whole IDX file. */
export function idxBytes(words: readonly number[], data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(words.length * 4 + data.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(i * 4, word);
  });
  bytes.set(Array.from(data), words.length * 4);
  return bytes;
}

export const IMAGES_MAGIC = 0x00000803;
export const LABELS_MAGIC = 0x00000801;

function images(n: number, rows: number, columns: number): Uint8Array {
  const pixels = Array.from({ length: n * rows * columns }, (_, i) => (i * 37) % 256);
  return idxBytes([IMAGES_MAGIC, n, rows, columns], pixels);
}

function labels(n: number, classes: number): Uint8Array {
  return idxBytes(
    [LABELS_MAGIC, n],
    Array.from({ length: n }, (_, i) => i % classes),
  );
}

/** 6 training and 3 test images of 2×3 pixels, in 3 classes. */
export const SMALL: Readonly<Record<IdxPart, Uint8Array>> = {
  trainImages: images(6, 2, 3),
  trainLabels: labels(6, 3),
  testImages: images(3, 2, 3),
  testLabels: labels(3, 3),
};

function perPart<T>(make: (part: IdxPart) => T): Record<IdxPart, T> {
  return Object.fromEntries(IDX_PARTS.map((part) => [part, make(part)])) as Record<IdxPart, T>;
}

/** SMALL as a dataset that is known to the byte. */
export function smallOfficial(mirrors: readonly string[]): OfficialDataset {
  return {
    name: 'small',
    classNames: ['zero', 'one', 'two'],
    pictures: { way: 'contain', background: [255, 255, 255] },
    sha256: perPart((part) => createHash('sha256').update(SMALL[part]).digest('hex')),
    bytes: perPart((part) => SMALL[part].length),
    installed: [],
    mirrors,
  };
}

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-data-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** SMALL in a folder, with some files replaced by others. */
export async function smallFolder(
  changes: Partial<Record<IdxPart, Uint8Array>> = {},
): Promise<string> {
  const folder = await temporaryFolder();
  for (const part of IDX_PARTS) {
    await writeFile(join(folder, IDX_FILES[part]), changes[part] ?? SMALL[part]);
  }
  return folder;
}
