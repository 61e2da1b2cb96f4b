import { createHash } from 'node:crypto';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { OfficialArchive } from './cifar10.js';
import { SMALL, smallFolder, smallOfficial, temporaryFolder } from './idx.fixture.js';
import { type KnownDataset, lookFor } from './known-datasets.js';
import { IDX_FILES, type IdxPart, type OfficialDataset } from './sources.js';

const PACKED = gzipSync('photographs');
const ARCHIVE: OfficialArchive = {
  file: 'photographs.tar.gz',
  sha256: createHash('sha256').update(PACKED).digest('hex'),
  bytes: PACKED.length,
  mirrors: [],
};

async function found(
  cacheDir: string,
  official: OfficialDataset = smallOfficial([]),
): Promise<KnownDataset[]> {
  const all: KnownDataset[] = [];
  for await (const one of lookFor([official], { photographs: ARCHIVE }, { cacheDir }))
    all.push(one);
  return all;
}

/** A cache with SMALL in it, some files changed. */
async function cacheWith(changes: Partial<Record<IdxPart, Uint8Array>> = {}): Promise<string> {
  const cacheDir = await temporaryFolder();
  await cp(await smallFolder(changes), join(cacheDir, 'small'), { recursive: true });
  return cacheDir;
}

test('of an empty cache there is nothing, and nothing wrong', async () => {
  expect(await found(join(await temporaryFolder(), 'none'))).toEqual([
    { name: 'small', source: undefined, faults: [] },
    { name: 'photographs', source: undefined, faults: [] },
  ]);
});

test('what is whole is found where it lies, compressed or not', async () => {
  const cacheDir = await cacheWith({ trainImages: gzipSync(SMALL.trainImages) });
  await mkdir(join(cacheDir, 'photographs'));
  await writeFile(join(cacheDir, 'photographs', ARCHIVE.file), PACKED);
  expect(await found(cacheDir)).toEqual([
    { name: 'small', source: `cache ${join(cacheDir, 'small')}`, faults: [] },
    { name: 'photographs', source: `cache ${join(cacheDir, 'photographs')}`, faults: [] },
  ]);
});

describe('in the cache', () => {
  test.each<[string, Partial<Record<IdxPart, Uint8Array>>, RegExp]>([
    ['other bytes', { testLabels: SMALL.trainLabels }, /expected at most that/],
    [
      'a byte that changed',
      { testLabels: SMALL.testLabels.map((byte) => byte ^ 1) },
      /has other bytes than it should$/,
    ],
    ['a file that was cut', { trainImages: gzipSync(SMALL.trainImages).subarray(0, 40) }, /gzip/],
  ])('%s: told with the file', async (_, changes, words) => {
    const cacheDir = await cacheWith(changes);
    const [small] = await found(cacheDir);
    expect(small!.source).toBeUndefined();
    expect(small!.faults).toEqual([expect.stringMatching(words)]);
    expect(small!.faults[0]).toContain(join(cacheDir, 'small', IDX_FILES[partOf(changes)]));
  });

  test('a missing file beside others is told, and all of one that are wrong', async () => {
    const cacheDir = await cacheWith({ testLabels: Uint8Array.of(1) });
    await rm(join(cacheDir, 'small', IDX_FILES.trainLabels));
    const [small] = await found(cacheDir);
    expect(small!.faults).toEqual([
      expect.stringMatching(/train-labels-idx1-ubyte is missing$/),
      expect.stringMatching(/t10k-labels-idx1-ubyte has other bytes than it should$/),
    ]);
  });

  test('an archive of another size', async () => {
    const cacheDir = await cacheWith();
    await mkdir(join(cacheDir, 'photographs'));
    await writeFile(join(cacheDir, 'photographs', ARCHIVE.file), PACKED.subarray(1));
    const [, photographs] = await found(cacheDir);
    expect(photographs!.faults).toEqual([expect.stringMatching(/bytes, expected/)]);
  });
});

test('a damaged cache does not hide a package that is whole, and is told beside it', async () => {
  const folder = await smallFolder();
  const cacheDir = await cacheWith({ testLabels: Uint8Array.of(1) });
  const absent = (): string => {
    throw new Error('not installed');
  };
  const installed = [
    { source: 'package p', folder: absent, install: 'get p' },
    { source: 'package q', folder: () => folder, install: 'get q' },
  ];
  const [small] = await found(cacheDir, { ...smallOfficial([]), installed });
  expect(small).toMatchObject({ source: 'package q', faults: [expect.stringContaining(cacheDir)] });
});

test('it stops when it is told to', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const cacheDir = await cacheWith();
  const looking = lookFor([smallOfficial([])], {}, { cacheDir, signal });
  await expect(looking.next()).rejects.toThrow('enough');
});

function partOf(changes: Partial<Record<IdxPart, Uint8Array>>): IdxPart {
  return Object.keys(changes)[0] as IdxPart;
}
