import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { temporaryFolder } from './idx.fixture.js';
import { readText } from './text-file.js';

/** More than one piece, and no UTF-8. */
const TEXT = Uint8Array.from({ length: 1_200_000 }, (_, i) => (i * i) % 251);

async function stored(content: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'text');
  await writeFile(path, content);
  return path;
}

test('a text is read byte for byte, plain or gzip, which is known by its bytes', async () => {
  expect(Buffer.from(TEXT).equals(await readText(await stored(TEXT)))).toBe(true);
  const packed = pathToFileURL(await stored(gzipSync(TEXT)));
  expect(Buffer.from(TEXT).equals(await readText(packed))).toBe(true);
  expect(await readText(await stored(new Uint8Array(0)))).toHaveLength(0);
});

test('what is damaged, no file or not asked for is refused', async () => {
  const cut = await stored(gzipSync(TEXT).subarray(0, -9));
  await expect(readText(cut)).rejects.toThrow('the file is truncated');
  await expect(readText(await temporaryFolder())).rejects.toThrow('not a file');
  await expect(readText('')).rejects.toThrow('readText: file must be a text that is not empty');
  await expect(readText(cut, { limit: 1 } as object)).rejects.toThrow('unknown option "limit"');
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(readText(cut, { signal })).rejects.toThrow('enough');
});
