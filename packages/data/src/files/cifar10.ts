// CIFAR-10: 60,000 photographs of 32 × 32 pixels in 10 classes, from the user's folder or archive, the cache, or the
// authors' server (which fills the cache).
// Invariant: except from the user's own place, only the official archive is taken, by its SHA-256. Every label is a class.
// Source: A. Krizhevsky, Learning multiple layers of features from tiny images (2009); the binary version, whose files are
// rows of a label and 3072 bytes: 32 × 32 of red, then green, then blue.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, type Dataset } from '@lockstep/core';
import { checkOptions } from '@lockstep/errors';
import { sharedInt32, sharedUint8 } from '../shared.js';
import { cacheFolder } from './cache-folder.js';
import { downloadFromMirrors } from './download.js';
import type { DatasetPair } from './folder.js';
import { checkLoading, LOAD_OPTIONS, type LoadOptions, makeCache } from './loading.js';
import { openRaw } from './raw-file.js';
import { untar } from './tar.js';

const NAME = 'cifar10';
const SHAPE = [3, 32, 32] as const;
const PIXELS = 3 * 32 * 32;
const ROW = 1 + PIXELS;
const TRAIN_FILES = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);
const TEST_FILE = 'test_batch.bin';
const META = 'batches.meta.txt';
const FILES = [...TRAIN_FILES, TEST_FILE, META];
/** The folder in the archive. */
const FOLDER = 'cifar-10-batches-bin';
/** Ten times as long as the official files are. */
const MAX_FILE_BYTES = 100_000 * ROW;

const CLASS_NAMES = [
  ...['airplane', 'automobile', 'bird', 'cat', 'deer'],
  ...['dog', 'frog', 'horse', 'ship', 'truck'],
];

/** An archive that is known to the byte. */
export interface OfficialArchive {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  /** URLs that end in `/`; the file's name comes after. */
  readonly mirrors: readonly string[];
}

export const CIFAR10: OfficialArchive = {
  file: 'cifar-10-binary.tar.gz',
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  bytes: 170_052_171,
  mirrors: ['https://www.cs.toronto.edu/~kriz/'],
};

/** What `loadCifar10` takes. */
export type LoadCifar10Options = LoadOptions;

/**
 * CIFAR-10: 50,000 training and 10,000 test photographs.
 *
 * @param options dataDir: a folder with `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, in it or in
 *   `cifar-10-batches-bin`, or with `cifar-10-binary.tar.gz`; or such an archive itself. Its files may differ from the
 *   official ones: shorter, other classes in `batches.meta.txt`
 * @returns inputs [n, 3, 32, 32] of bytes with divisor 255 and targets [n], in shared memory; `source` says in words where
 *   they came from
 * @throws DataError that lists every place tried with its reason, and how to fetch the archive by hand, or that names the file
 *   and what is wrong with it; the signal's reason if aborted
 */
export async function loadCifar10(options: LoadCifar10Options = {}): Promise<DatasetPair> {
  checkOptions('loadCifar10', options, LOAD_OPTIONS);
  checkLoading('loadCifar10', options);
  return loadArchive(CIFAR10, options);
}

/** @see loadCifar10; for any archive that is known to the byte. */
export async function loadArchive(
  official: OfficialArchive,
  options: LoadOptions,
): Promise<DatasetPair> {
  const { dataDir, signal } = options;
  if (dataDir !== undefined) return { ...(await readOwn(dataDir, options)), source: dataDir };
  const cache = join(cacheFolder({ cacheDir: options.cacheDir }), NAME);
  const archive = join(cache, official.file);
  const tried: string[] = [];
  const places = [
    { source: `cache ${cache}`, fill: async () => verifyArchive(official, archive, signal) },
    {
      source: `mirrors ${official.mirrors.join(', ')}`,
      fill: () => fillCache(official, cache, options),
    },
  ];
  for (const { source, fill } of places) {
    try {
      await fill();
      return { ...(await readArchive(archive, options)), source };
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(`  - ${source}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  throw new DataError(
    [
      'load cifar10: not found; tried:',
      ...tried,
      `Fetch the archive by hand into ${cache} (or any folder, and give it as the data folder):`,
      `  curl -fL --create-dirs -o "${archive}" "${official.mirrors[0] ?? ''}${official.file}"`,
    ].join('\n'),
  );
}

async function fillCache(
  official: OfficialArchive,
  cache: string,
  { offline, signal, onProgress }: LoadOptions,
): Promise<void> {
  if (offline) throw new DataError('not tried: offline');
  await makeCache(cache);
  await downloadFromMirrors({
    urls: official.mirrors.map((mirror) => mirror + official.file),
    file: join(cache, official.file),
    maxBytes: official.bytes,
    verify: (path) => verifyArchive(official, path, signal),
    signal,
    onProgress: (progress) => onProgress?.({ phase: 'download', ...progress }),
  });
}

/** @throws DataError unless these are the archive's bytes, as they lie there; the system's error if there is no such file */
export async function verifyArchive(
  official: OfficialArchive,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { size } = await stat(path);
  if (size !== official.bytes) {
    throw new DataError(`read ${path}: it has ${size} bytes, expected ${official.bytes}`);
  }
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { signal, highWaterMark: 1 << 20 })) {
    hash.update(piece as Uint8Array);
  }
  const sha256 = hash.digest('hex');
  if (sha256 === official.sha256) return;
  throw new DataError(`read ${path}: its SHA-256 is ${sha256}, expected ${official.sha256}`);
}

type Pair = Pick<DatasetPair, 'train' | 'test'>;

async function readOwn(dataDir: string, options: LoadOptions): Promise<Pair> {
  const found = await stat(dataDir).catch((cause) => {
    throw new DataError(`load cifar10: there is no ${dataDir}`, { cause });
  });
  if (found.isFile()) return readArchive(dataDir, options);
  for (const folder of [dataDir, join(dataDir, FOLDER)]) {
    if (await isFile(join(folder, TEST_FILE))) return readFolder(folder, options);
  }
  const archive = join(dataDir, CIFAR10.file);
  if (await isFile(archive)) return readArchive(archive, options);
  throw new DataError(
    `load cifar10: ${dataDir} has no ${TEST_FILE}, no ${FOLDER} and no ${CIFAR10.file}; expected the files of CIFAR-10's binary version (not those for Python or Matlab)`,
  );
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

async function readFolder(folder: string, { signal, onProgress }: LoadOptions): Promise<Pair> {
  const files = new Map<string, Uint8Array>();
  for (const name of FILES) {
    signal?.throwIfAborted();
    const path = join(folder, name);
    if (!(await isFile(path))) continue;
    checkLength(path, (await stat(path)).size);
    onProgress?.({ phase: 'read', file: path });
    files.set(name, await readFile(path, { signal }));
  }
  return toDatasets(files, folder);
}

async function readArchive(path: string, { signal, onProgress }: LoadOptions): Promise<Pair> {
  onProgress?.({ phase: 'read', file: path });
  const raw = await openRaw(path, signal);
  try {
    const inside = await untar(raw.pieces, path, (name, bytes) => {
      const isWanted = FILES.includes(lastName(name));
      if (isWanted) checkLength(`${path}: ${name}`, bytes);
      return isWanted;
    });
    const files = new Map([...inside].map(([name, data]) => [lastName(name), data]));
    return toDatasets(files, path);
  } finally {
    await raw.handle.close();
  }
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function checkLength(what: string, bytes: number): void {
  if (bytes <= MAX_FILE_BYTES) return;
  throw new DataError(`read ${what}: it has ${bytes} bytes, at most ${MAX_FILE_BYTES} are read`);
}

function toDatasets(files: ReadonlyMap<string, Uint8Array>, where: string): Pair {
  const classNames = classNamesIn(files.get(META));
  const dataset = (names: readonly string[]): Dataset => {
    const parts = names.map((name) => {
      const rows = files.get(name);
      if (!rows) throw new DataError(`read ${where}: ${name} is missing`);
      if (rows.length > 0 && rows.length % ROW === 0) return { name, rows };
      throw new DataError(
        `read ${where}: ${name} has ${rows.length} bytes, expected rows of ${ROW} bytes: a label and 3 × 32 × 32 pixels`,
      );
    });
    const samples = parts.reduce((sum, { rows }) => sum + rows.length / ROW, 0);
    const inputs = sharedUint8(samples * PIXELS);
    const targets = sharedInt32(samples);
    let sample = 0;
    for (const { name, rows } of parts) {
      for (let at = 0; at < rows.length; at += ROW, sample++) {
        const label = rows[at]!;
        if (label >= classNames.length) {
          throw new DataError(
            `read ${where}: ${name} has the label ${label} at row ${at / ROW}, expected labels below ${classNames.length}`,
          );
        }
        targets[sample] = label;
        inputs.set(rows.subarray(at + 1, at + ROW), sample * PIXELS);
      }
    }
    return {
      ...{ name: NAME, samples, inputShape: SHAPE, inputs, inputDivisor: 255 },
      ...{ targetShape: [], targets, classes: classNames.length, classNames },
      pictures: { way: 'cover', background: [255, 255, 255] },
    };
  };
  return { train: dataset(TRAIN_FILES), test: dataset([TEST_FILE]) };
}

/** One name a line, with blank lines at the end; those of the official files where there are none. */
function classNamesIn(meta: Uint8Array | undefined): readonly string[] {
  if (!meta) return CLASS_NAMES;
  const lines = new TextDecoder().decode(meta).split('\n');
  const names = lines.map((line) => line.trim()).filter((line) => line !== '');
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined && names.length > 0) return names;
  throw new DataError(
    `read ${META}: ${twice === undefined ? 'it names no class' : `two classes are called "${twice}"`}`,
  );
}
