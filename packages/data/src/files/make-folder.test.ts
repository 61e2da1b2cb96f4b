import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from './make-folder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-made-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a folder is made with those above it, and the outermost new one is told', async () => {
  expect(await makeFolder(join(folder, 'a', 'b', 'c'))).toBe(join(folder, 'a'));
  expect(await makeFolder(join(folder, 'a', 'b', 'd'))).toBe(join(folder, 'a', 'b', 'd'));
  expect(await makeFolder(join(folder, 'a', 'b'))).toBeUndefined();
  expect(existsSync(join(folder, 'a', 'b', 'c'))).toBe(true);
});

test('several that make one folder at once all have it', async () => {
  const path = join(folder, 'x', 'y', 'z');
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)));
  expect(existsSync(path)).toBe(true);
});

test('what is a file, lies below one, or is a link to nothing is refused', async () => {
  writeFileSync(join(folder, 'file'), '');
  symlinkSync(join(folder, 'nothing'), join(folder, 'link'));
  for (const path of ['file', join('file', 'a'), 'link', join('link', 'a')]) {
    await expect(makeFolder(join(folder, path)), path).rejects.toThrow(/^(EEXIST|ENOTDIR|ENOENT)/);
  }
});

test.skipIf(!existsSync('/proc/self'))(
  'where nothing can be made there is an error (skipped without /proc)',
  async () => {
    for (const path of ['/proc/lockstep', '/proc/lockstep/a/b', '/proc/self/a']) {
      await expect(makeFolder(path), path).rejects.toThrow(/^E[A-Z]+:/);
    }
  },
);
