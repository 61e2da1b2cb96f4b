// The file that a download is written to before it is whole: `NAME.HOST-PID-RANDOM.part`.
// Invariant: it belongs to one download of one process, so downloads that run at once never write
// into the same file; what a finished, failed or killed download left behind is adopted by renaming
// it, which only one of several takers can win. A file is published under its own name by one
// rename, after fsync: readers see no file or the whole file.
// Not here: what is written (download.ts).
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

// A part of another host, or of a process id that is in use again, is left alone for so long.
const ABANDONED_AFTER_MS = 3_600_000;

/** An own part file beside `file`, with what an earlier download left in it. */
export async function openPart(file: string): Promise<{ path: string; handle: FileHandle }> {
  const host = hostname().replace(/[^A-Za-z0-9]/g, '_');
  const owner = `${host}-${process.pid}-${randomBytes(6).toString('hex')}`;
  const path = `${file}.${owner}.part`;
  for (const left of await abandonedParts(file, host)) {
    const adopted = await rename(left, path).then(
      () => true,
      () => false,
    );
    if (adopted) break;
  }
  // 'a+' would make every write go to the end; 'r+' needs the file to exist.
  const handle = await open(path, 'r+').catch(() => open(path, 'wx+'));
  return { path, handle };
}

/** Keeps what was received for a later download to go on from. */
export async function leavePart(path: string, file: string): Promise<void> {
  await rename(path, `${file}.part`).catch(() => {});
}

export async function removePart(path: string): Promise<void> {
  await unlink(path).catch(() => {});
}

/** Gives a whole, closed part its name; the folder is flushed too where the system can do that. */
export async function publishPart(path: string, file: string): Promise<void> {
  await rename(path, file);
  const folder = await open(dirname(file), 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

async function abandonedParts(file: string, host: string): Promise<string[]> {
  const prefix = `${basename(file)}.`;
  const left: string[] = [];
  for (const name of await readdir(dirname(file))) {
    if (!name.startsWith(prefix) || !name.endsWith('.part')) continue;
    const path = join(dirname(file), name);
    const owner = name.slice(prefix.length, -'.part'.length);
    if (name === `${prefix}part` || (await isAbandoned(path, owner, host))) left.push(path);
  }
  return left;
}

async function isAbandoned(path: string, owner: string, host: string): Promise<boolean> {
  const fields = /^(\w+)-(\d+)-[0-9a-f]{12}$/.exec(owner);
  if (fields === null) return false;
  if (fields[1] === host && !isRunning(Number(fields[2]))) return true;
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
