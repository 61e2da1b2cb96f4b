// CIFAR-10's files with a few rows in each: from a folder, an archive, the cache and a mirror.
import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isShared } from '../shared.js';
import { loadArchive, loadCifar10, type OfficialArchive } from './cifar10.js';
import { serve } from './http.fixture.js';
import { temporaryFolder } from './idx.fixture.js';

/** Rows whose pixels are their label's multiples. */
function batch(labels: readonly number[]): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((label) => [
      label,
      ...Array.from({ length: 3072 }, (_, i) => (label * i) % 256),
    ]),
  );
}

const FILES: Readonly<Record<string, Uint8Array>> = {
  ...Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, batch([i - 1, i])])),
  'test_batch.bin': batch([9, 0, 3]),
};
const NAMES = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const META = new TextEncoder().encode(`${NAMES.join('\n')}\n\n`);

/** A tar archive, as `tar` writes it. */
function tar(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, data]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`${data.length.toString(8).padStart(11, '0')} `, 124);
    header.write('        ', 148);
    header.write(name.endsWith('/') ? '5' : '0', 156);
    const sum = header.reduce((a, b) => a + b);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, data, new Uint8Array((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, new Uint8Array(1024)]);
}

function archive(files = FILES): Uint8Array {
  const inside = Object.entries({ ...files, 'batches.meta.txt': META, 'readme.html': META });
  const named = inside.map(([name, data]) => [`cifar-10-batches-bin/${name}`, data] as const);
  return gzipSync(
    tar({ 'cifar-10-batches-bin/': new Uint8Array(0), ...Object.fromEntries(named) }),
  );
}

async function folder(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const path = await temporaryFolder();
  for (const [name, data] of Object.entries(files)) await writeFile(join(path, name), data);
  return path;
}

test('a folder of its files is five training batches in a row, and the test batch', async () => {
  const dataDir = await folder(FILES);
  const { train, test: held, source } = await loadCifar10({ dataDir });
  expect(source).toBe(dataDir);
  expect([...train.targets]).toEqual([0, 1, 1, 2, 2, 3, 3, 4, 4, 5]);
  expect([...held.targets]).toEqual([9, 0, 3]);
  expect([train.inputShape, train.inputDivisor, train.classes]).toEqual([[3, 32, 32], 255, 10]);
  expect(train.classNames?.[9]).toBe('truck');
  expect([...held.inputs.subarray(2 * 3072, 2 * 3072 + 3)]).toEqual([0, 3, 6]);
  expect(train.inputs).toHaveLength(10 * 3072);
  expect(isShared(train.inputs) && isShared(held.targets)).toBe(true);
});

test('an archive as it is downloaded, unpacked or in its folder, gives the same, with the names of its classes', async () => {
  const packed = archive();
  const dir = await folder({ 'cifar-10-binary.tar.gz': packed, 'plain.tar': gunzipSync(packed) });
  const unpacked = await temporaryFolder();
  await mkdir(join(unpacked, 'cifar-10-batches-bin'));
  for (const [name, data] of Object.entries({ ...FILES, 'batches.meta.txt': META })) {
    await writeFile(join(unpacked, 'cifar-10-batches-bin', name), data);
  }
  const places = [dir, join(dir, 'cifar-10-binary.tar.gz'), join(dir, 'plain.tar'), unpacked];
  const pairs = await Promise.all(places.map((dataDir) => loadCifar10({ dataDir })));
  const [first, ...others] = pairs.map(({ train, test: held }) => ({ train, held }));
  expect(first!.train.classNames).toEqual(NAMES);
  expect(first!.train.samples).toBe(10);
  for (const other of others) expect(other).toEqual(first);
});

test('a mirror fills the cache, and the cache is used from then on', async () => {
  const bytes = archive();
  const server = await serve((_, response) => response.end(bytes));
  const official: OfficialArchive = {
    file: 'cifar-10-binary.tar.gz',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    mirrors: [server.url],
  };
  const cacheDir = await temporaryFolder();
  await expect(loadArchive(official, { cacheDir, offline: true })).rejects.toThrow(
    /not found; tried:[\s\S]*not tried: offline\n.*by hand[\s\S]*curl/,
  );
  const first = await loadArchive(official, { cacheDir });
  expect(first.source).toBe(`mirrors ${server.url}`);
  expect(await readdir(join(cacheDir, 'cifar10'))).toEqual([official.file]);
  const second = await loadArchive(official, { cacheDir, offline: true });
  expect(second.source).toBe(`cache ${join(cacheDir, 'cifar10')}`);
  expect(second.train).toEqual(first.train);
  expect(server.requests).toHaveLength(1);
  await writeFile(
    join(cacheDir, 'cifar10', official.file),
    bytes.map((byte) => byte ^ 1),
  );
  await expect(loadArchive(official, { cacheDir, offline: true })).rejects.toThrow('SHA-256 is');
});

test.each<[string, Readonly<Record<string, Uint8Array>>, RegExp]>([
  ['nothing of it', {}, /has no test_batch\.bin, no cifar-10-batches-bin and no cifar-10-binary/],
  [
    'a batch missing',
    { ...FILES, 'data_batch_3.bin': new Uint8Array(0) },
    /data_batch_3\.bin has 0 bytes/,
  ],
  [
    'a short row',
    { ...FILES, 'test_batch.bin': batch([1]).subarray(1) },
    /has 3072 bytes, expected rows of 3073/,
  ],
  [
    'a label that is no class',
    { ...FILES, 'data_batch_2.bin': batch([1, 10]) },
    /data_batch_2\.bin has the label 10 at row 1, expected labels below 10/,
  ],
  [
    'a class twice',
    { ...FILES, 'batches.meta.txt': new TextEncoder().encode('a\na\n') },
    /two classes are called "a"/,
  ],
  [
    'no tar',
    { 'cifar-10-binary.tar.gz': gzipSync(new Uint8Array(2048).fill(7)) },
    /no tar archive, or damaged/,
  ],
  [
    'a tar cut off',
    { 'cifar-10-binary.tar.gz': gzipSync(tar(FILES).subarray(0, 9000)) },
    /ends too early/,
  ],
  [
    'a tar without a batch',
    { 'cifar-10-binary.tar.gz': gzipSync(tar({ 'test_batch.bin': batch([1]) })) },
    /data_batch_1\.bin is missing/,
  ],
])('%s is refused', async (_, files, message) => {
  await expect(loadCifar10({ dataDir: await folder(files) })).rejects.toThrow(message);
});

test('a place that is not there is named', async () => {
  await expect(loadCifar10({ dataDir: 'no-such-place' })).rejects.toThrow(
    'there is no no-such-place',
  );
});
