// What a cluster's journal says of the run's steps, for whoever compares them with what is computed again.
// Invariant: the journal is only read; a coordinator may be writing to it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepRecord } from '@lockstep/trainer';
import type { JournalRecord } from '../decide/membership/state/durable.js';
import { JournalError, parseJournal } from './journal.js';

const PLACE = { place: 'in its journal', file: 'journal' } as const;

/**
 * @param out the run's folder
 * @returns nothing for a run that no coordinator has computed
 * @throws JournalError if it is damaged or cannot be read
 */
export async function journalledSteps(out: string): Promise<StepRecord[]> {
  const path = join(out, 'journal');
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new JournalError(`journal: cannot read ${path}: ${cause.message}`, { cause });
  });
  if (!bytes) return [];
  return parseJournal<JournalRecord>(bytes, path).records.flatMap((record): StepRecord[] => {
    switch (record.type) {
      case 'evaluated':
        return [{ step: record.step, what: 'weights', hash: record.weightsHash, ...PLACE }];
      case 'checkpoint':
        return [{ step: record.step, what: 'state', hash: record.digest, ...PLACE }];
      default:
        return [];
    }
  });
}
