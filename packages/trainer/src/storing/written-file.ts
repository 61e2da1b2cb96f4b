// A file that somebody asked for by its path: there whole or not at all, or an error that says which, and why not.
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LockstepError } from '@lockstep/errors';
import { writeDurably } from './durable-file.js';

/**
 * Writes a file in place of what was there. Its folder must be there.
 *
 * @param operation for errors
 * @throws LockstepError (code `output`) if it cannot be written
 */
export async function writeNamedFile(
  operation: string,
  path: string,
  chunks: readonly Uint8Array[],
): Promise<void> {
  try {
    await writeDurably(resolve(path), chunks);
  } catch (cause) {
    const folder = dirname(resolve(path));
    const isThere = await access(folder).then(
      () => true,
      () => false,
    );
    const why = isThere ? (cause as Error).message : `there is no folder ${folder}`;
    throw new LockstepError('output', `${operation}: cannot write ${path}: ${why}`, { cause });
  }
}
