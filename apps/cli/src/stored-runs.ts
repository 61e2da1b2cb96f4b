// Runs that lie in folders, for whoever shows them: each once, under an id and a name of its own.
import { resolve } from 'node:path';
import { StoredFeed } from '@lockstep/dashboard';
import type { Command } from 'commander';
import { idOf } from './dashboard/watch-run.js';
import { namesApart } from './names-apart.js';
import { nonEmpty } from './option-values.js';
import { type RecordedDataFlags, recordedData } from './recorded-data.js';
import type { Session } from './session.js';

/** @throws ConfigError if there is no run in one of the folders */
export async function openStoredRuns(
  folders: readonly string[],
  data: RecordedDataFlags,
  session: Session,
): Promise<StoredFeed[]> {
  const feeds: StoredFeed[] = [];
  const ids = new Set<string>();
  for (const folder of new Set(folders.map((path) => resolve(path)))) {
    let id = idOf(folder);
    while (ids.has(id)) id += '-2';
    ids.add(id);
    feeds.push(
      await StoredFeed.open(folder, { id, loadData: () => recordedData(folder, data, session) }),
    );
  }
  const named = feeds.map(({ info: { name, folder } }) => ({ name, folder: folder! }));
  for (const [i, name] of namesApart(named).entries()) feeds[i]!.rename(name);
  return feeds;
}

/** Where the data of such runs is looked for. */
export function addStoredRunOptions(command: Command): Command {
  return command
    .option('--data-dir <dir>', "the runs' data, where it lies elsewhere now", nonEmpty)
    .option('--offline', 'never use the network', false);
}
