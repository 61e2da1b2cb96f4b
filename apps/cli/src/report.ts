// `lockstep report`: runs as one HTML file, which needs no server, no network and no Lockstep where it is opened.
import { resolve } from 'node:path';
import { collectReport, renderReport } from '@lockstep/dashboard';
import { writeNamedFile } from '@lockstep/trainer';
import type { Command } from 'commander';
import { givenOptions } from './given.js';
import { localPath } from './option-values.js';
import { jsonOption } from './options.js';
import { addRecordedDataOptions, type RecordedDataFlags } from './recorded-data.js';
import type { Perform, Session } from './session.js';
import { openStoredRuns } from './stored-runs.js';
import { checkNewFile } from './writable-place.js';

const EXAMPLES = `
Examples:
  $ lockstep report runs/2026-11-23T09-41-00Z-mnist-mlp
  $ lockstep report runs/* --out comparison.html
  $ lockstep report runs/mine --no-models --out small.html

The file has the curves, lanes, events and configuration of all runs, the trained models, and test samples to examine them with.`;

interface Flags extends RecordedDataFlags {
  readonly out: string;
  readonly force: boolean;
  readonly models: boolean;
  readonly json: boolean;
}

/** Adds the command to a program; `perform` runs what it does. */
export function addReportCommand(program: Command, perform: Perform): void {
  const command = program
    .command('report')
    .description('runs as one HTML file, to be kept and sent')
    .argument('<runs...>', "runs' folders")
    .option('--out <file>', 'the file', localPath, 'report.html')
    .option('--force', 'in place of a file that is there', false)
    .option('--no-models', 'without trained models and samples: a smaller file');
  addRecordedDataOptions(command.addOption(jsonOption())).addHelpText('after', EXAMPLES);
  command.action((folders: readonly string[]) => {
    const { flags } = givenOptions<Flags>(command);
    return perform((session) => report(folders, flags, session));
  });
}

async function report(
  folders: readonly string[],
  { out: given, force, models, ...data }: Flags,
  session: Session,
): Promise<void> {
  const out = resolve(given);
  await checkNewFile({ operation: 'report', path: out, force });
  const feeds = await openStoredRuns(folders, data, session);
  const time = session.now().toISOString();
  const collected = await collectReport(feeds, { time, withModels: models });
  for (const note of collected.notes) session.screen.note(note);
  const bytes = new TextEncoder().encode(renderReport(collected));
  await writeNamedFile('report', out, [bytes]);
  session.reporter.report({
    event: 'report',
    time: session.now().toISOString(),
    path: out,
    bytes: bytes.byteLength,
    runs: feeds.map(({ info }) => info.name),
  });
}
