// A run's folder that was copied from elsewhere may be older than what workers hold: they may be beyond stop points that its
// journal knows nothing of. So it becomes another run to them, and they take its state.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Journal } from './journal.js';
import type { StoreRecord } from './run-store.js';

/**
 * Of a folder that was fetched, before its run goes on there: workers drop the states of it that they hold.
 *
 * @param out the run's folder, which has a journal
 * @throws JournalError if the journal is damaged
 */
export async function markMoved(out: string): Promise<void> {
  const { journal } = await Journal.open<StoreRecord>(join(out, 'journal'));
  await journal.append({ type: 'run', run: randomBytes(16).toString('hex') });
  await journal.close();
}
