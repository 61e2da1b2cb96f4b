// A folder for one test. Only for files that vitest runs.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bits-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
