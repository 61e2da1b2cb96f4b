import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isShared } from '../shared.js';
import { IMAGES_MAGIC, idxBytes, SMALL, temporaryFolder } from './idx.fixture.js';
import { rawSha256, readIdxFile } from './raw-file.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function stored(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, bytes);
  return path;
}

/** 3 MB that do not compress, so that several pieces and several gunzip chunks are read. */
function largeImages(): Uint8Array {
  const pixels = new Uint8Array(3_000_000);
  for (let i = 0, x = 1; i < pixels.length; i++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    pixels[i] = x >>> 24;
  }
  return idxBytes([IMAGES_MAGIC, 3000, 10, 100], pixels);
}

test('plain and gzip files give the same shared bytes and the hash of the raw file', async () => {
  const bytes = largeImages();
  for (const file of [await stored(bytes), await stored(gzipSync(bytes, { level: 1 }))]) {
    const read = await readIdxFile(file, { kind: 'images' });
    expect(read.header.shape).toEqual([3000, 10, 100]);
    expect(Buffer.compare(read.data, bytes.subarray(16))).toBe(0);
    expect(isShared(read.data)).toBe(true);
    expect(read.sha256).toBe(sha256(bytes));
    expect(await rawSha256(file, bytes.length)).toBe(sha256(bytes));
  }
});

test('several gzip members in a row are one file', async () => {
  const { trainImages: bytes } = SMALL;
  const members = [gzipSync(bytes.subarray(0, 20)), gzipSync(bytes.subarray(20))];
  const read = await readIdxFile(await stored(Buffer.concat(members)), { kind: 'images' });
  expect(read.sha256).toBe(sha256(bytes));
});

test('a truncated or overlong plain file is refused by its length before it is read', async () => {
  const { trainImages: bytes } = SMALL;
  const short = await stored(bytes.subarray(0, -1));
  await expect(readIdxFile(short, { kind: 'images' })).rejects.toThrow(
    `read ${short}: truncated: 51 bytes, expected 52 for [6, 2, 3] images`,
  );
  const long = await stored(Buffer.concat([bytes, bytes]));
  await expect(readIdxFile(long, { kind: 'images' })).rejects.toThrow('too long: 104 bytes');
  const empty = await stored(new Uint8Array());
  await expect(readIdxFile(empty, { kind: 'images' })).rejects.toThrow('ends after 0 bytes');
});

test('a cut or altered gzip file is refused', async () => {
  const packed = gzipSync(SMALL.trainImages);
  const cut = await stored(packed.subarray(0, -9));
  await expect(readIdxFile(cut, { kind: 'images' })).rejects.toThrow(
    `read ${cut}: the gzip data ends too early: the file is truncated`,
  );
  const altered = Buffer.from(packed);
  altered[altered.length - 6]! ^= 1;
  await expect(readIdxFile(await stored(altered), { kind: 'images' })).rejects.toThrow(
    'the gzip data is damaged',
  );
  const shortInside = await stored(gzipSync(SMALL.trainImages.subarray(0, -1)));
  await expect(readIdxFile(shortInside, { kind: 'images' })).rejects.toThrow('truncated: 51 bytes');
});

test('a gzip bomb is stopped at the announced length', async () => {
  const bomb = await stored(gzipSync(Buffer.concat([SMALL.trainImages, Buffer.alloc(200 << 20)])));
  const before = process.memoryUsage().arrayBuffers;
  await expect(readIdxFile(bomb, { kind: 'images' })).rejects.toThrow('too long');
  await expect(rawSha256(bomb, 52)).rejects.toThrow('more than 52 bytes');
  // Pieces are 256 KiB; 20 MiB leave room for those not collected yet, a tenth of the bomb.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 << 20);
});

test('a gzip file that announces more than it can hold is refused before memory is taken', async () => {
  const lie = idxBytes([IMAGES_MAGIC, 60_000, 200, 200], []);
  await expect(readIdxFile(await stored(gzipSync(lie)), { kind: 'images' })).rejects.toThrow(
    'announces 2400000000 bytes, more than a gzip file of',
  );
});

test('a folder is not a file, and a missing file is the system’s error', async () => {
  const folder = await temporaryFolder();
  await expect(readIdxFile(folder, { kind: 'images' })).rejects.toThrow('not a file');
  await expect(readIdxFile(join(folder, 'none'), { kind: 'images' })).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

test('reading stops when it is aborted', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const file = await stored(SMALL.trainImages);
  await expect(readIdxFile(file, { kind: 'images', signal })).rejects.toThrow('enough');
});
