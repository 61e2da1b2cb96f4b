// `--tensorboard [DIR]`: the flag, and whether its folder can be had. What is written there is loaded by those who ask for it.
import { access, constants, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from './errors.js';
import { nonEmpty } from './option-values.js';

export interface TensorboardFlags {
  /** true for the folder that stands by default. */
  readonly tensorboard?: string | true;
}

/** What files of events are called, whoever writes them. */
const EVENT_FILE = /tfevents/;

export function addTensorboardOption(command: Command): void {
  command.option(
    '--tensorboard [dir]',
    "write event files for TensorBoard to this folder (default: tensorboard, in the run's)",
    nonEmpty,
  );
}

/** @param out the run's folder */
export function tensorboardFolder(flag: string | true, out: string): string {
  return flag === true ? join(out, 'tensorboard') : flag;
}

/**
 * @param isNew whether the run begins; one that goes on adds a file to those that it has
 * @throws UsageError if the folder cannot be written, or a new run would be drawn together with another one
 */
export async function checkTensorboardFolder(folder: string, isNew: boolean): Promise<void> {
  const fault = (what: string, cause?: unknown): UsageError =>
    new UsageError(`--tensorboard ${folder}: ${what}`, { cause });
  const place = await nearestPlace(resolve(folder));
  const found = await stat(place);
  if (!found.isDirectory()) {
    throw fault(place === resolve(folder) ? 'it is not a folder' : `${place} is not a folder`);
  }
  try {
    await access(place, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw fault(`it cannot be written: ${(cause as Error).message}`, cause);
  }
  const [other] = isNew ? await eventFilesIn(folder) : [];
  if (other === undefined) return;
  throw fault(
    `it holds events of another run (${other}), which TensorBoard would draw as one line with this run's. Name another folder, such as ${folder}-2`,
  );
}

/** The names of event files that are there, whoever wrote them; none where there is no folder. */
export async function eventFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => EVENT_FILE.test(name));
}

/** The folder itself, or, where it is not there yet, the nearest thing above that is. */
async function nearestPlace(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : nearestPlace(dirname(path));
}
