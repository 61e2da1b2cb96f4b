// `lockstep dashboard`: the page of runs that lie in folders, one or several beside each other.
import type { Command } from 'commander';
import { shortPath } from './command-line.js';
import { type Place, placeOf, USUAL } from './dashboard/place.js';
import { withWayOn } from './dashboard/stopped-run.js';
import { servePage } from './dashboard/watch-run.js';
import { givenOptions } from './given.js';
import { jsonOption } from './options.js';
import { addRecordedDataOptions, type RecordedDataFlags } from './recorded-data.js';
import type { Perform, Session } from './session.js';
import { openStoredRuns } from './stored-runs.js';

const EXAMPLES = `
Examples:
  $ lockstep dashboard runs/2026-11-23T09-41-00Z-mnist-mlp
  $ lockstep dashboard runs/*
  $ lockstep train --dashboard

The page is of this machine alone; from another one: ssh -L 7071:127.0.0.1:7071 HOST. Ctrl-C ends it.`;

interface Flags extends RecordedDataFlags {
  readonly listen?: Place;
  readonly json: boolean;
}

/** Adds the command to a program; `perform` runs what it does. */
export function addDashboardCommand(program: Command, perform: Perform): void {
  const command = program
    .command('dashboard')
    .description('look at runs, and compare them, in a browser')
    .argument('<runs...>', "runs' folders")
    .option(
      '--listen <host:port>',
      `where the page is served (default: ${USUAL}, or a free port if that is taken)`,
      placeOf,
    );
  addRecordedDataOptions(command.addOption(jsonOption())).addHelpText('after', EXAMPLES);
  command.action((folders: readonly string[]) => {
    const { flags } = givenOptions<Flags>(command);
    return perform((session) => show(folders, flags, session));
  });
}

async function show(
  folders: readonly string[],
  { listen, ...data }: Flags,
  session: Session,
): Promise<void> {
  const { screen, signal } = session;
  const feeds = await openStoredRuns(folders, data, session);
  const server = await servePage(listen, '--listen');
  for (const feed of feeds) {
    const { command, folder } = feed.info;
    const run = shortPath(folder!, session.cwd);
    server.add(withWayOn(feed, session.commandLine(command, '--resume', run)));
  }
  session.markBegun();
  session.stopsAt('now');
  const { url } = server;
  const time = session.now().toISOString();
  session.reporter.report({ event: 'listening', time, url, urls: [url] });
  try {
    await new Promise<void>((done) => {
      if (signal.aborted) done();
      signal.addEventListener('abort', () => done(), { once: true });
    });
  } finally {
    screen.hide();
    await server.close();
  }
}
