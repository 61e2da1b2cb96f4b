// Whether a folder or a file can be made where a flag says: looked at before anything begins, so that an hour of work is not lost
// for a path. Told by making something there, since rights alone do not say it: in /proc nobody can, whatever they may do.
// Invariant: what is tried is gone again, and nothing else is changed.
import { lstat, mkdtemp, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from './errors.js';

/**
 * The path itself, from the root, or, where it is not there yet, the nearest thing above it that is.
 *
 * @throws the file system's own error where that cannot be told
 */
export async function nearestPlace(path: string): Promise<string> {
  for (let at = resolve(path); ; at = dirname(at)) {
    if (dirname(at) === at || (await isThere(at))) return at;
  }
}

/** @throws UsageError unless this folder is there and can be written, or can be made */
export async function checkFolderPlace(flag: string, path: string): Promise<void> {
  const fault = await faultOfFolderPlace(path);
  if (fault !== undefined) throw new UsageError(`${flag} ${path}: ${fault}`);
}

/** @returns why this folder can be neither written nor made, in words that follow its name; undefined if it can */
export async function faultOfFolderPlace(path: string): Promise<string | undefined> {
  try {
    const place = await nearestPlace(path);
    const shown = place === resolve(path) ? 'it' : place;
    const found = await stat(place).catch(() => undefined);
    if (!found) return `${shown} is a link that leads nowhere`;
    return found.isDirectory() ? await faultOfWriting(place) : `${shown} is not a folder`;
  } catch (error) {
    return `it cannot be reached: ${(error as Error).message}`;
  }
}

export interface NewFile {
  /** For errors: the command. */
  readonly operation: string;
  readonly path: string;
  /** Whether what is there may be replaced; undefined where no flag says so. */
  readonly force?: boolean;
}

/** @throws UsageError unless a file can be made there, and nothing is lost by it that nobody gave up */
export async function checkNewFile({ operation, path, force }: NewFile): Promise<void> {
  const there = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (ABSENT.includes(error.code)) return undefined;
    throw new UsageError(`--out ${path}: it cannot be reached: ${error.message}`);
  });
  if (there?.isDirectory()) {
    throw new UsageError(`--out ${path}: it is a folder; name a file in it`);
  }
  if (there && !there.isFile()) {
    throw new UsageError(`--out ${path}: it is no plain file, and is not replaced by one`);
  }
  if (there && !force) {
    const more = force === undefined ? '' : ', or give --force to replace it';
    throw new UsageError(
      `${operation}: ${path} is there already; name another file with --out${more}`,
    );
  }
  const folder = dirname(resolve(path));
  const found = await stat(folder).catch(() => undefined);
  if (!found) throw new UsageError(`--out ${path}: there is no folder ${folder}`);
  if (!found.isDirectory()) throw new UsageError(`--out ${path}: ${folder} is not a folder`);
  const fault = await faultOfWriting(folder);
  if (fault !== undefined) throw new UsageError(`--out ${path}: ${fault}`);
}

const ABSENT: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR'];

/** A link is there, wherever it leads. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (ABSENT.includes(error.code)) return false;
      throw error;
    },
  );
}

async function faultOfWriting(folder: string): Promise<string | undefined> {
  try {
    await rmdir(await mkdtemp(join(folder, '.lockstep-')));
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `it cannot be written: nothing can be made in ${folder} (${code ?? message})`;
  }
}
