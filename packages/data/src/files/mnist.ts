// MNIST and Fashion-MNIST, from wherever they are first found: the user's folder, the cache, an
// installed package, a public mirror (which fills the cache).
// Invariant: except from the user's own folder, only files with the official SHA-256 are taken; a
// source with other bytes is refused and the next one tried. Nothing is fetched when offline.
import { join } from 'node:path';
import { DataError } from '@lockstep/core';
import { checkOptions } from '@lockstep/errors';
import { cacheFolder } from './cache-folder.js';
import { downloadFromMirrors } from './download.js';
import { type DatasetPair, readFolder } from './folder.js';
import { findIdxFile } from './idx-names.js';
import { checkLoading, LOAD_OPTIONS, type LoadOptions, makeCache } from './loading.js';
import { rawSha256 } from './raw-file.js';
import {
  IDX_FILES,
  IDX_PARTS,
  type IdxPart,
  OFFICIAL,
  type OfficialDataset,
  type OfficialName,
} from './sources.js';

/** What `loadMnist` takes. */
export interface LoadMnistOptions extends LoadOptions {
  readonly name: OfficialName;
}

/**
 * MNIST or Fashion-MNIST: 60,000 training and 10,000 test images.
 *
 * @returns inputs [n, 1, 28, 28] of bytes with divisor 255 and targets [n] in [0, 10), in shared
 *   memory; `source` says in words where they came from
 * @throws DataError that lists every place tried with its reason, and how to fetch the files by hand;
 *   the signal's reason if aborted
 */
export async function loadMnist(options: LoadMnistOptions): Promise<DatasetPair> {
  checkOptions('loadMnist', options, { name: true, ...LOAD_OPTIONS });
  checkLoading('loadMnist', options);
  if (!Object.hasOwn(OFFICIAL, options.name)) {
    throw new DataError(
      `load dataset: unknown name "${options.name}"; expected ${Object.keys(OFFICIAL).join(' or ')}`,
    );
  }
  return loadOfficial(OFFICIAL[options.name], options);
}

/** @see loadMnist; for any dataset whose four files are known to the byte. */
export async function loadOfficial(
  official: OfficialDataset,
  options: LoadOptions,
): Promise<DatasetPair> {
  if (options.dataDir !== undefined) return loadOwnFolder(official, options.dataDir, options);
  const cache = join(cacheFolder({ cacheDir: options.cacheDir }), official.name);
  const places = [
    { source: `cache ${cache}`, folder: () => cache },
    ...official.installed,
    {
      source: `mirrors ${official.mirrors.join(', ')}`,
      folder: () => (options.offline ? refuseNetwork() : fillCache(official, cache, options)),
    },
  ];
  const tried: string[] = [];
  for (const { source, folder } of places) {
    try {
      const pair = await readOfficial(official, await folder(), options);
      return { ...pair, source };
    } catch (error) {
      options.signal?.throwIfAborted();
      tried.push(`${source}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  throw new DataError(describeFailure(official, cache, tried));
}

async function loadOwnFolder(
  official: OfficialDataset,
  dir: string,
  options: LoadOptions,
): Promise<DatasetPair> {
  const { name, classNames } = official;
  const { train, test, sha256, notes } = await readFolder(dir, {
    name,
    classNames,
    ...reading(options),
  });
  const same = IDX_PARTS.every((part) => sha256[part] === official.sha256[part]);
  return { train, test, notes, source: same ? dir : `${dir} (not the official files of ${name})` };
}

async function readOfficial(official: OfficialDataset, folder: string, options: LoadOptions) {
  const { name, classNames, sha256 } = official;
  const { train, test } = await readFolder(folder, {
    ...{ name, classNames, sha256 },
    ...reading(options),
  });
  return { train, test };
}

function reading({ signal, onProgress }: LoadOptions) {
  return { signal, onFile: (file: string) => onProgress?.({ phase: 'read', file }) };
}

function refuseNetwork(): never {
  throw new DataError('not tried: offline');
}

/** Downloads into the cache what is missing there or has other bytes than it should. */
async function fillCache(
  official: OfficialDataset,
  cache: string,
  options: LoadOptions,
): Promise<string> {
  await makeCache(cache);
  for (const part of IDX_PARTS) {
    const verify = (path: string) => verifyOfficial(official, part, path, options.signal);
    const present = await findIdxFile(cache, part);
    if (present !== undefined && (await verify(present).then(isTrue, isFalse))) continue;
    options.signal?.throwIfAborted();
    const name = `${IDX_FILES[part]}.gz`;
    await downloadFromMirrors({
      urls: official.mirrors.map((mirror) => mirror + name),
      // A damaged file is replaced under its own name, so that it no longer hides the good one.
      file: present ?? join(cache, name),
      // A server may send the file decompressed; it never needs to be larger than that.
      maxBytes: official.bytes[part] + 1024,
      verify,
      signal: options.signal,
      onProgress: (progress) => options.onProgress?.({ phase: 'download', ...progress }),
    });
  }
  return cache;
}

const isTrue = (): boolean => true;
const isFalse = (): boolean => false;

/** @throws DataError unless these are the bytes of that part; the system's error if there is no such file */
export async function verifyOfficial(
  official: OfficialDataset,
  part: IdxPart,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sha256 = await rawSha256(path, official.bytes[part], signal);
  if (sha256 === official.sha256[part]) return;
  throw new DataError(
    `the SHA-256 of the decompressed file is ${sha256}, expected ${official.sha256[part]}`,
  );
}

function describeFailure(official: OfficialDataset, cache: string, tried: string[]): string {
  const mirror = official.mirrors[0] ?? '';
  const commands = IDX_PARTS.map((part) => {
    const name = `${IDX_FILES[part]}.gz`;
    return `  curl -fL --create-dirs -o "${join(cache, name)}" "${mirror}${name}"`;
  });
  return [
    `load ${official.name}: not found; tried:`,
    ...tried.map((line) => `  - ${line}`),
    ...official.installed.map(({ install }) => `Install them: ${install}`),
    `Or fetch the files by hand into ${cache} (or any folder, and give it as the data folder):`,
    ...commands,
  ].join('\n');
}
