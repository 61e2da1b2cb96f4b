// Who trained the run in a folder: threads of one process, or a coordinator, which has a journal of it. Neither goes on with the
// other's: a journal would not know of steps that were taken without it.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from './errors.js';

/** @throws UsageError if a coordinator trained it */
export async function refuseClusters(out: string): Promise<void> {
  if (!(await hasJournal(out))) return;
  throw new UsageError(
    `${out}: it was trained by a coordinator; go on with "coordinator --resume", and --local-threads for this machine's cores`,
  );
}

/** @throws UsageError if threads of one process trained it, be it for a step */
export async function refuseThreads(out: string): Promise<void> {
  if (await hasJournal(out)) return;
  const saved = await readdir(join(out, 'checkpoints')).catch(() => []);
  if (!saved.some((name) => /^step-0*[1-9]/.test(name))) return;
  throw new UsageError(
    `${out}: it has no journal of a coordinator: it was trained by "train", or the journal is lost; go on with "train --resume"`,
  );
}

async function hasJournal(out: string): Promise<boolean> {
  const journal = await stat(join(out, 'journal')).catch(() => undefined);
  return journal !== undefined && journal.size > 0;
}
