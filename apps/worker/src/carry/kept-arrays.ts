// What lies in a worker's cache of arrays, and whether each is what its name says. It reads all of it, and changes nothing:
// a worker that meets a damaged array fetches it again (array-file.ts).
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { arraysFolder, isPartName } from './array-file.js';
import { isArrayName } from './stored-array.js';

/** What is kept of the datasets of runs that this machine worked for. */
export interface KeptArrays {
  /** The folder. */
  readonly folder: string;
  /** That have the hash that they are called by. */
  readonly whole: number;
  /** Of all files. */
  readonly bytes: number;
  /** Beginnings, which a worker goes on with. */
  readonly parts: number;
  /** Paths of those that have another hash, or cannot be read. */
  readonly damaged: readonly string[];
  /** That were not looked at before the signal came. */
  readonly unread: number;
}

/**
 * @param signal ends it with what was seen so far
 * @throws the system's error if the folder is there and cannot be read
 */
export async function keptArrays(cacheDir: string, signal: AbortSignal): Promise<KeptArrays> {
  const folder = arraysFolder(cacheDir);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const damaged: string[] = [];
  let [whole, bytes, unread] = [0, 0, 0];
  for (const name of names.filter(isArrayName)) {
    const path = join(folder, name);
    bytes += await sizeOf(path);
    const sha256 = signal.aborted ? undefined : await sha256Of(path, signal).catch(() => '');
    if (signal.aborted) unread += 1;
    else if (sha256 === name) whole += 1;
    else damaged.push(path);
  }
  const parts = names.filter(isPartName);
  for (const name of parts) bytes += await sizeOf(join(folder, name));
  return { folder, whole, bytes, parts: parts.length, damaged, unread };
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { signal, highWaterMark: 1 << 20 })) {
    hash.update(piece as Uint8Array);
  }
  return hash.digest('hex');
}

/** A file may have gone meanwhile. */
async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
