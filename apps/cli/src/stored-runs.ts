// Runs that lie in folders, for whoever shows them: each once, under an id and a name of its own.
import { resolve } from 'node:path';
import type { RunData } from '@lockstep/core';
import { StoredFeed } from '@lockstep/dashboard';
import { checkRunData, readRun } from '@lockstep/trainer';
import { idOf } from './dashboard/watch-run.js';
import { namesApart } from './names-apart.js';
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
      await StoredFeed.open(folder, { id, loadData: () => dataOf(folder, data, session) }),
    );
  }
  const named = feeds.map(({ info: { name, folder } }) => ({ name, folder: folder! }));
  for (const [i, name] of namesApart(named).entries()) feeds[i]!.rename(name);
  return feeds;
}

/** @throws ConfigError, DataError or UsageError if it is nowhere, or not what the run began with */
async function dataOf(out: string, flags: RecordedDataFlags, session: Session): Promise<RunData> {
  const record = await readRun(out);
  const options = { operation: 'samples', out, record, isShared: true };
  const { checked } = await recordedData(options, flags, session);
  return checked((data) => {
    checkRunData('samples', { out, data }, record);
    return data;
  });
}
