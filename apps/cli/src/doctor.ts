// `lockstep doctor [URL]`: what on this machine, and on the way to a coordinator, would keep a run from going well.
import { examine } from '@lockstep/worker';
import type { Command } from 'commander';
import type { Finding } from './doctor/check.js';
import { CHECKS } from './doctor/checks.js';
import { examineAll, examineWay } from './doctor/examination.js';
import { addTrustOptions, givenToken, readTls, type TrustFlags } from './network-options.js';
import { jsonOption } from './options.js';
import type { Perform, Session } from './session.js';

interface DoctorFlags extends TrustFlags {
  readonly json: boolean;
}

/** Of each check; a disk that hangs, say, costs no more. */
const CHECK_MS = 8_000;
/** Of each part of the way: as long as a worker waits. */
const PART_MS = 5_000;
/** A part may be tried at several addresses, and be cleared away. */
const SPARE_MS = 2_000;

const EXAMPLES = `
Examples:
  $ lockstep doctor
  $ lockstep doctor ws://192.168.1.20:7070 --token-file token
  $ lockstep doctor wss://train.example.org:7070 --tls-ca ca.pem --json

Each line is ok, a note or a problem, what was found, and what to do about it. Nothing is changed, no run is joined or
disturbed. Exit status: 0 without problems, 1 with. See docs/watching.md.`;

/** Adds the command to a program; `perform` runs what it does. */
export function addDoctorCommand(program: Command, perform: Perform): void {
  const command = program
    .command('doctor')
    .description('what is wrong with this machine, or with the way to a coordinator')
    .argument('[url]', "a coordinator's address, as worker takes it")
    .addHelpText('after', EXAMPLES);
  addTrustOptions(command, {
    cert: 'show this certificate to the coordinator',
    ca: 'trust certificates of this authority',
  });
  command.optionsGroup('Output:').addOption(jsonOption());
  command.action((url: string | undefined) => {
    const flags = command.opts<DoctorFlags>();
    return perform((session) => examineHere(url, flags, session));
  });
}

async function examineHere(
  url: string | undefined,
  flags: DoctorFlags,
  session: Session,
): Promise<void> {
  const way = url === undefined ? undefined : await wayTo(url, flags, session);
  session.markBegun();
  const { reporter, now, signal, cwd, env } = session;
  const time = (): string => now().toISOString();
  const counts = { ok: 0, note: 0, problem: 0 };
  const tell = async (findings: AsyncIterable<Finding>): Promise<void> => {
    for await (const finding of findings) {
      signal.throwIfAborted();
      counts[finding.status] += 1;
      reporter.report({ event: 'check', time: time(), ...finding });
    }
  };
  await tell(examineAll(CHECKS, { cwd, env, now }, CHECK_MS));
  if (way) await tell(examineWay(way, PART_MS + SPARE_MS));
  const { problem: problems, note: notes } = counts;
  reporter.report({ event: 'doctor', time: time(), problems, notes });
  if (problems > 0) session.markFailed();
}

/** What is wrong with the flags is told before anything is looked at. */
async function wayTo(
  url: string,
  flags: DoctorFlags,
  { env }: Session,
): Promise<AsyncGenerator<Finding>> {
  const token = await givenToken(flags, env);
  const { pair, ca } = await readTls(flags);
  const tls = pair || ca !== undefined ? { ...pair, ...(ca !== undefined && { ca }) } : undefined;
  return examine(url, { token, tls, partMs: PART_MS });
}
