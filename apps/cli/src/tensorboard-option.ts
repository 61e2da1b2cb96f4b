// `--tensorboard [DIR]`: the flag, and whether its folder can be had. What is written there is loaded by those who ask for it.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from './errors.js';
import { localPath } from './option-values.js';
import { checkFolderPlace } from './writable-place.js';

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
    localPath,
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
  await checkFolderPlace('--tensorboard', folder);
  const [other] = isNew ? await eventFilesIn(folder) : [];
  if (other === undefined) return;
  throw new UsageError(
    `--tensorboard ${folder}: it holds events of another run (${other}), which TensorBoard would draw as one line with this run's. Name another folder, such as ${folder}-2`,
  );
}

/** The names of event files that are there, whoever wrote them; none where there is no folder. */
export async function eventFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => EVENT_FILE.test(name));
}
