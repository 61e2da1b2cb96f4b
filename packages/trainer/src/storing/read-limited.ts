// A file read whole, if it is one and not too large for that. Every error names the file.
import { readFile, stat } from 'node:fs/promises';
import { ConfigError } from '@lockstep/core';

/**
 * @param what for errors: whose file it is
 * @throws ConfigError if there is no such file, it is a folder, cannot be read, or has more than `limit` bytes
 */
export async function readLimited(path: string, limit: number, what: string): Promise<Uint8Array> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) throw new Error('it is a folder, expected a file');
    if (!status.isFile()) throw new Error('it is not a file');
    if (status.size > limit) {
      throw new Error(`it has ${status.size} bytes, at most ${limit} are read`);
    }
    return await readFile(path);
  } catch (cause) {
    throw new ConfigError(`${what}: cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
