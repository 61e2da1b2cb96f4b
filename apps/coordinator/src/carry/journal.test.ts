import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal, JournalError, parseJournal } from './journal.js';

interface Entry {
  readonly type: string;
  readonly generation: number;
}

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-journal-'));
  path = join(folder, 'run', 'journal');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const entries: Entry[] = [1, 2, 3, 4].map((generation) => ({
  type: 'generation – né',
  generation,
}));

async function written(): Promise<Buffer> {
  const { journal } = await Journal.open<Entry>(path);
  await Promise.all(entries.map((entry) => journal.append(entry)));
  await journal.close();
  return readFile(path);
}

/** What is read from damaged bytes: records, or undefined where they are refused. */
function readBack(bytes: Uint8Array): Entry[] | undefined {
  try {
    return parseJournal<Entry>(bytes, path).records;
  } catch (error) {
    expect(error).toBeInstanceOf(JournalError);
    return undefined;
  }
}

describe('Journal', () => {
  it('gives the records back in order, and goes on after them', async () => {
    await written();
    const again = await Journal.open<Entry>(path);
    expect(again.records).toEqual(entries);
    await again.journal.append({ type: 'more', generation: 5 });
    await again.journal.close();
    const { records, journal } = await Journal.open<Entry>(path);
    expect(records).toEqual([...entries, { type: 'more', generation: 5 }]);
    await journal.close();
  });

  it('is that of whoever opened it last: what another one still writes is read by nobody', async () => {
    const before = await Journal.open<Entry>(path);
    await before.journal.append(entries[0]!);
    const now = await Journal.open<Entry>(path);
    expect(now.records).toEqual([entries[0]]);
    await before.journal.append(entries[1]!);
    await now.journal.append(entries[2]!);
    await before.journal.close();
    await now.journal.close();
    expect(parseJournal<Entry>(await readFile(path), path).records).toEqual([
      entries[0],
      entries[2],
    ]);
  });

  it('gives a beginning of the records when a crash left zeros where the end was to be', async () => {
    const bytes = await written();
    for (let length = 0; length < bytes.length; length++) {
      const records = readBack(Buffer.from(bytes).fill(0, length));
      expect(records).toEqual(entries.slice(0, records?.length ?? -1));
    }
  });

  it('gives a beginning of the records after every truncation, and goes on from there', async () => {
    const bytes = await written();
    for (let length = 0; length <= bytes.length; length++) {
      const records = readBack(bytes.subarray(0, length))!;
      expect(records).toEqual(entries.slice(0, records.length));
      // Only the record that the cut goes through may be missing.
      const whole = bytes.subarray(0, length).filter((byte) => byte === 10).length;
      expect(records.length).toBeGreaterThanOrEqual(whole);
    }
    for (const cut of [1, 5, 20]) {
      await writeFile(path, bytes.subarray(0, bytes.length - cut));
      const { journal, records } = await Journal.open<Entry>(path);
      await journal.append({ type: 'next', generation: 9 });
      await journal.close();
      const { records: after, journal: reopened } = await Journal.open<Entry>(path);
      expect(after).toEqual([...records, { type: 'next', generation: 9 }]);
      await reopened.close();
    }
  });

  it('refuses the file after every single bit flip, and never invents or loses a record', async () => {
    const bytes = await written();
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(readBack(damaged), `bit ${bit}`).toBeUndefined();
    }
  });

  it('says for how long the disk has not answered, and nothing while it owes no answer', async () => {
    let answer = (): void => {};
    const append = (): Promise<void> =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const journal = Journal.over<Entry>({ append, close: async () => {} });
    expect(journal.waitMs).toBe(0);
    const kept = journal.append(entries[0]!);
    // The disk is asked in the next turn, and the clock goes on.
    await expect.poll(() => journal.waitMs).toBeGreaterThan(0);
    answer();
    await kept;
    expect(journal.waitMs).toBe(0);
    await journal.close();
  });

  it('names the file and the line, and what to do', async () => {
    const bytes = await written();
    bytes[30]! ^= 1;
    await writeFile(path, bytes);
    await expect(Journal.open(path)).rejects.toThrow(/line 1 of .*journal is damaged\. Restore/);
  });
});
