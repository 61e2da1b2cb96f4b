// What loading a known dataset takes, whichever it is, and the folder in which its download is kept.
import { access, constants } from 'node:fs/promises';
import { DataError } from '@lockstep/core';
import { type OptionNames, requireBoolean, requireCallback, requireSignal } from '@lockstep/errors';
import type { DownloadProgress } from './download.js';
import { makeFolder } from './make-folder.js';

/** What loading is busy with, for a progress line. */
export type LoadProgress =
  | { readonly phase: 'read'; readonly file: string }
  | ({ readonly phase: 'download' } & DownloadProgress);

/** Where a dataset is looked for that is known to the byte. */
export interface LoadOptions {
  /** Read this folder and no other place; its files may differ from the official ones. */
  readonly dataDir?: string | undefined;
  /** Keep downloads here instead of in the user's cache folder. */
  readonly cacheDir?: string | undefined;
  /** Never use the network. */
  readonly offline?: boolean | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const LOAD_OPTIONS: OptionNames<LoadOptions> = {
  ...{ dataDir: true, cacheDir: true, offline: true, onProgress: true, signal: true },
};

/** @throws ConfigError if one of them is not what it should be */
export function checkLoading(operation: string, options: LoadOptions): void {
  requireBoolean(operation, 'offline', options.offline ?? false);
  requireCallback(operation, 'onProgress', options.onProgress);
  requireSignal(operation, options.signal);
}

/** @throws DataError if nothing can be kept there */
export async function makeCache(cache: string): Promise<void> {
  try {
    await makeFolder(cache);
    await access(cache, constants.W_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DataError(
      `not tried: the cache cannot be written (${code}); name another folder with LOCKSTEP_CACHE`,
      { cause },
    );
  }
}
