import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UsageError } from './errors.js';
import { checkFolderPlace, checkNewFile, nearestPlace } from './writable-place.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-place-'));
  writeFileSync(join(folder, 'file'), '');
  symlinkSync(join(folder, 'nothing'), join(folder, 'link'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;
/** Nothing can be made there, whoever tries, and it says that there is no such file. */
const PROC = '/proc/lockstep';

test('the nearest thing that is there is the path itself, or what is above it', async () => {
  expect(await nearestPlace(join(folder, 'a', 'b'))).toBe(folder);
  expect(await nearestPlace(join(folder, 'file', 'a'))).toBe(join(folder, 'file'));
  expect(await nearestPlace(folder)).toBe(folder);
});

describe('a folder', () => {
  test('that is there, or can be made, is no trouble, and nothing is left in it', async () => {
    await checkFolderPlace('--out', folder);
    await checkFolderPlace('--out', join(folder, 'a', 'b'));
    expect(readdirSync(folder).sort()).toEqual(['file', 'link']);
  });

  test.each([
    ['file', 'it is not a folder'],
    ['file/a', /file is not a folder/],
    ['link', 'it is a link that leads nowhere'],
    ['link/a', /link is a link that leads nowhere/],
    ['x'.repeat(300), 'it cannot be reached: ENAMETOOLONG'],
  ])('%s is refused', async (name, words) => {
    const checked = checkFolderPlace('--out', join(folder, name));
    await expect(checked).rejects.toThrow(words);
    await expect(checked).rejects.toThrow(UsageError);
    await expect(checked).rejects.toThrow(`--out ${join(folder, name)}: `);
  });

  test.skipIf(isRoot)('that nobody may write is refused (skipped as root, who may)', async () => {
    chmodSync(folder, 0o500);
    await expect(checkFolderPlace('--out', join(folder, 'a'))).rejects.toThrow(
      `it cannot be written: nothing can be made in ${folder} (EACCES)`,
    );
  });

  test.skipIf(!existsSync('/proc/self'))('in /proc is refused (skipped without)', async () => {
    for (const path of [PROC, join(PROC, 'a')]) {
      await expect(checkFolderPlace('--out', path)).rejects.toThrow(
        `--out ${path}: it cannot be written: nothing can be made in /proc`,
      );
    }
  });
});

describe('a file', () => {
  const operation = 'export';

  test('that is not there, or may be replaced, is no trouble', async () => {
    await checkNewFile({ operation, path: join(folder, 'new') });
    await checkNewFile({ operation, path: join(folder, 'file'), force: true });
  });

  test.each([
    ['file', undefined, /^export: .*file is there already; name another file with --out$/],
    ['file', false, /is there already; name another file with --out, or give --force to replace/],
    ['.', true, 'it is a folder; name a file in it'],
    ['none/a', true, /there is no folder .*none$/],
    ['file/a', true, /file is not a folder$/],
    ['x'.repeat(300), true, 'ENAMETOOLONG'],
  ])('%s (force: %s) is refused', async (name, force, words) => {
    const file = { operation, path: join(folder, name), ...(force !== undefined && { force }) };
    const checked = checkNewFile(file);
    await expect(checked).rejects.toThrow(words);
    await expect(checked).rejects.toThrow(UsageError);
  });

  test.skipIf(!existsSync('/dev/null'))('that is a device is not replaced', async () => {
    await expect(checkNewFile({ operation, path: '/dev/null', force: true })).rejects.toThrow(
      '--out /dev/null: it is no plain file',
    );
  });

  test.skipIf(!existsSync('/proc/self'))('in /proc is refused (skipped without)', async () => {
    await expect(checkNewFile({ operation, path: PROC })).rejects.toThrow(
      `--out ${PROC}: it cannot be written`,
    );
  });
});
