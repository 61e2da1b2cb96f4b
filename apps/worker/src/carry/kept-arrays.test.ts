import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keptArrays } from './kept-arrays.js';

const GOING = new AbortController().signal;
const array = Buffer.from('numbers of a dataset');
const name = createHash('sha256').update(array).digest('hex');

let cacheDir: string;
let folder: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'lockstep-arrays-'));
  folder = join(cacheDir, 'arrays');
});
afterEach(() => rmSync(cacheDir, { recursive: true }));

function lay(files: Readonly<Record<string, Uint8Array>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(folder, file), bytes);
}

const NOTHING = { whole: 0, bytes: 0, parts: 0, damaged: [], unread: 0 };

it('where no worker was, there is nothing', async () => {
  expect(await keptArrays(cacheDir, GOING)).toEqual({ folder, ...NOTHING });
});

it('an array is whole if it has the hash that it is called by; beginnings are counted, and files of others are not', async () => {
  const other = 'f'.repeat(64);
  lay({ [name]: array, [other]: array, [`${other}.part`]: array.subarray(3), notes: array });
  expect(await keptArrays(cacheDir, GOING)).toEqual({
    ...{ folder, whole: 1, parts: 1, damaged: [join(folder, other)], unread: 0 },
    bytes: 3 * array.length - 3,
  });
});

it('what there was no time for is counted, and not called damaged', async () => {
  lay({ [name]: array });
  expect(await keptArrays(cacheDir, AbortSignal.abort())).toEqual({
    ...{ folder, ...NOTHING, bytes: array.length },
    unread: 1,
  });
});
