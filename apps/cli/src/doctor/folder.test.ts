import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Judgement } from './check.js';
import { examineFolder, type Folder, judgeFolder } from './folder.js';

const MiB = 2 ** 20;
const NEED = { leastBytes: 64 * MiB, enoughBytes: 1024 * MiB, otherwise: 'take another' };
const FOLDER: Folder = {
  ...{ path: '/w/runs', nearest: '/w/runs', freeBytes: 5000 * MiB },
  ...{ kind: undefined, fault: undefined },
};

describe('a folder is judged', () => {
  it.each<[string, Partial<Folder>, Judgement['status'], RegExp, RegExp?]>([
    ['with room', {}, 'ok', /^\/w\/runs, 4\.9 GiB free$/],
    ['that is not there yet', { nearest: '/w' }, 'ok', /^\/w\/runs, which is to be made, 4\.9 GiB/],
    ['whose room nobody knows', { freeBytes: undefined }, 'ok', /^\/w\/runs$/],
    [
      'with little room',
      { freeBytes: 100 * MiB },
      'note',
      /100 MiB free$/,
      /little room; else take/,
    ],
    [
      'with no room',
      { freeBytes: 0 },
      'problem',
      /0 MiB free$/,
      /make room there, or take another/,
    ],
    [
      'that is read-only',
      { fault: 'EROFS: x' },
      'problem',
      /cannot be written: EROFS/,
      /^take another/,
    ],
    [
      'that is full',
      { fault: 'ENOSPC: x' },
      'problem',
      /ENOSPC/,
      /^make room there, or take another/,
    ],
    ['in memory', { kind: 'tmpfs' }, 'note', /\(tmpfs\)$/, /gone with the machine; else take/],
    ['on another machine', { kind: 'nfs' }, 'note', /\(nfs\)$/, /slow/],
  ])('%s', (_, change, status, found, advice) => {
    const judgement = judgeFolder({ ...FOLDER, ...change }, NEED);
    expect(judgement.status).toBe(status);
    expect(judgement.found).toMatch(found);
    if (advice) expect(judgement.advice).toMatch(advice);
    else expect(judgement.advice).toBeUndefined();
  });
});

describe('a folder is looked at', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-doctor-'));
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  it('by writing to the nearest one that is there, and nothing is left', async () => {
    const path = join(folder, 'a', 'b', 'runs');
    const found = await examineFolder(path);
    expect(found).toMatchObject({ path, nearest: folder, fault: undefined });
    expect(found.freeBytes).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('and a file that is in its place is a fault', async () => {
    const file = join(folder, 'runs');
    writeFileSync(file, 'the only copy');
    for (const path of [file, join(file, 'below')]) {
      expect((await examineFolder(path)).fault).toMatch(/ENOTDIR/);
    }
    expect(readdirSync(folder)).toEqual(['runs']);
  });

  /** Root may write everywhere. */
  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'and one that may not be written to is a fault',
    async () => {
      chmodSync(folder, 0o500);
      expect((await examineFolder(folder)).fault).toMatch(/EACCES/);
    },
  );
});
