// The folder of a new run: the one that the user names, or `runs/<time>-<name>`.
// Invariant: a folder is claimed by making it, so two runs that begin in the same second do not share one;
// and one that holds a run, or something else, is refused before anything is written to it.
import { mkdir, rmdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { makeFolder } from '@lockstep/data';
import { UsageError } from './errors.js';
import { RUN } from './run-names.js';
import { checkRoom, type RoomUse } from './run-room.js';
import { faultOfFolderPlace } from './writable-place.js';

/** Of runs whose folder nobody names. */
const PARENT = 'runs';

/** @throws UsageError if no folder can be made there, or it holds a run, or something else */
export async function checkOut(out: string, use: Omit<RoomUse, 'flag'> = {}): Promise<void> {
  if ((await stat(join(out, RUN)).catch(() => undefined)) !== undefined) {
    throw new UsageError(
      `--out ${out}: it holds a run already (${RUN}). Use --resume ${out} to go on with it, --continue to go on or begin each time, or another folder`,
    );
  }
  await checkRoom(out, { ...use, flag: '--out' });
}

/** @throws UsageError if none can be made in the working folder */
export async function checkDefaultOut(parent = PARENT): Promise<void> {
  const fault = await faultOfFolderPlace(parent);
  if (fault !== undefined) refuseFolder(`${parent}: ${fault}`);
}

/** A new folder `runs/2026-11-23T09-41-00Z-mnist-mlp` under the working folder, made. */
export async function claimDefaultOut(name: string, now: Date, parent = PARENT): Promise<string> {
  await makeFolder(parent).catch(refuseFolder);
  const time = now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  for (let attempt = 1; ; attempt++) {
    const out = join(parent, `${time}-${name}${attempt === 1 ? '' : `-${attempt}`}`);
    try {
      await mkdir(out);
      return out;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') refuseFolder(error);
    }
  }
}

function refuseFolder(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new UsageError(
    `the run's folder cannot be made here: ${reason}. Name another with --out DIR`,
    { cause },
  );
}

/** Removes a claimed folder to which nothing was written. */
export async function releaseOut(out: string): Promise<void> {
  await rmdir(out).catch(() => undefined);
}

/** `mnist-mlp`: the dataset and the model, without what does not belong in a folder's name. */
export function runName(dataset: string, model: string): string {
  const stem = basename(model, extname(model));
  return `${dataset}-${stem}`.replace(/[^\w.-]+/g, '-');
}
