// `--profile`: where a step's time went, as a table for people and a trace for Perfetto.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromeTrace, profileTable, type TrainingRun } from '@lockstep/trainer';
import { shortPath } from './command-line.js';
import type { Session } from './session.js';

/** Says what the run's threads did and writes trace.json into its folder; nothing if it was not profiled. */
export async function reportProfile(
  run: TrainingRun,
  out: string,
  { screen, cwd }: Session,
): Promise<void> {
  if (run.profiles.length === 0 || run.stepsTaken === 0) return;
  const path = join(out, 'trace.json');
  await writeFile(path, chromeTrace(run.profiles));
  screen.err(`\n${profileTable(run.profiles, run.stepsTaken)}\n`);
  screen.err(`trace of the last calls: ${shortPath(path, cwd)} (open it in ui.perfetto.dev)`);
}
