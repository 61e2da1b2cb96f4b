// A file that is there whole or not at all, after a crash or a power cut too: written under a
// temporary name in the same folder, flushed, renamed, and then the folder flushed.
// Invariant: the path names its old content until the new content is on the disk.
// No retries, no locks, no knowledge of what is written. Two writers of one path: the last rename wins.

import { randomBytes } from 'node:crypto';
import * as nodeFiles from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The little of a file system that durable writing needs, so that a test can watch or break it. */
export interface FileOperations {
  open(path: string, flags: 'r' | 'wx'): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: boolean }): Promise<void>;
}

/** An open file; `write` appends and may write less than it was given. */
export interface OpenFile {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** One write call takes at most 2 GiB on some systems; pieces of this size cost nothing measurable. */
const PIECE_BYTES = 64 * 1024 * 1024;

/** What systems answer that cannot flush a folder (Windows, some network file systems). */
const CANNOT_SYNC_FOLDER = new Set(['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'ENOSYS']);

const TEMPORARY = /\.tmp-[0-9a-f]{16}$/;

/** The path that a temporary file of {@link writeDurably} was to become, or undefined for other files. */
export function temporaryOf(path: string): string | undefined {
  return TEMPORARY.test(path) ? path.replace(TEMPORARY, '') : undefined;
}

/**
 * Writes a file durably, replacing the one at `path` if there is one. When the promise resolves, the
 * content survives a power cut; when it rejects before the rename, the old file is untouched and the
 * temporary one is removed. A process killed in between leaves a temporary file (`temporaryOf`).
 *
 * @param chunks written one after the other; not copied, may lie in shared memory, must not change
 *   until the promise settles
 * @throws the file system's own error (ENOSPC, EACCES, …)
 */
export async function writeDurably(
  path: string,
  chunks: readonly Uint8Array[],
  files: FileOperations = nodeFiles,
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `${basename(path)}.tmp-${randomBytes(8).toString('hex')}`);
  try {
    const file = await files.open(temporary, 'wx');
    try {
      for (const chunk of chunks) await writeAll(file, chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(temporary, path);
  } catch (error) {
    // The first error is the one to report; a leftover is found by its name later.
    await files.rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder, files);
}

/** Flushes a folder's entries to the disk, where the system can: a rename is durable only then. */
export async function syncFolder(path: string, files: FileOperations = nodeFiles): Promise<void> {
  let folder: OpenFile | undefined;
  try {
    folder = await files.open(path, 'r');
    await folder.sync();
  } catch (error) {
    if (!CANNOT_SYNC_FOLDER.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await folder?.close();
  }
}

async function writeAll(file: OpenFile, chunk: Uint8Array): Promise<void> {
  let at = 0;
  while (at < chunk.byteLength) {
    const length = Math.min(PIECE_BYTES, chunk.byteLength - at);
    const { bytesWritten } = await file.write(chunk, at, length);
    if (bytesWritten <= 0)
      throw new Error('write: the file system took no bytes, and gave no error');
    at += bytesWritten;
  }
}
