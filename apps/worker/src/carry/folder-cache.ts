// The datasets of a worker of Node: official ones that lie here anyway, and arrays in the sub-folder `arrays` of its cache folder.
// Invariant: of what a coordinator says only a hash, as checked hexadecimal digits, reaches the file system.
import type { Dataset } from '@lockstep/core';
import { product } from '@lockstep/core/internal';
import { loadMnist, type OfficialName } from '@lockstep/data';
import type { DatasetDescription } from '@lockstep/wire';
import { ArrayFile, arraysFolder } from './array-file.js';
import { DatasetCache, type DatasetCacheOptions } from './dataset-cache.js';

export interface FolderCacheOptions extends Omit<DatasetCacheOptions, 'store' | 'local'> {
  readonly cacheDir: string;
}

/** Samples of the official datasets; fewer are a beginning of one. */
const OFFICIAL: Readonly<Record<OfficialName, { train: number; test: number }>> = {
  mnist: { train: 60_000, test: 10_000 },
  'fashion-mnist': { train: 60_000, test: 10_000 },
};
const OFFICIAL_VALUES = 28 * 28;

export function folderCache({ cacheDir, ...options }: FolderCacheOptions): DatasetCache {
  const folder = arraysFolder(cacheDir);
  return new DatasetCache({
    ...options,
    store: (sha256, memory) => new ArrayFile(folder, sha256, memory),
    local: (description) => officialData(description, cacheDir),
  });
}

/** Official datasets on this machine that the described one may be a beginning of. */
async function officialData(
  { name, samples, inputs, inputShape }: DatasetDescription,
  cacheDir: string,
): Promise<Dataset[]> {
  if (!Object.hasOwn(OFFICIAL, name) || inputs.type !== 'uint8') return [];
  if (product(inputShape) !== OFFICIAL_VALUES) return [];
  const official = name as OfficialName;
  if (samples > OFFICIAL[official].train) return [];
  const pair = await loadMnist({ name: official, offline: true, cacheDir }).catch(() => undefined);
  if (!pair) return [];
  return samples > OFFICIAL[official].test ? [pair.train] : [pair.test, pair.train];
}
