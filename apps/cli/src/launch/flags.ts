// The flags of `lockstep launch`: those that say what a run is, how a cluster works together and how a rank computes, and its own.
import { type Command, InvalidArgumentError } from 'commander';
import { addClusterOptions, type ClusterFlags } from '../cluster-options.js';
import { addDashboardOption } from '../dashboard/place.js';
import { addTrustOptions } from '../network-options.js';
import { addRunOptions } from '../new-run.js';
import { nonEmpty, wholeNumber } from '../option-values.js';
import { jsonOption } from '../options.js';
import { addComputingOptions, type ComputingFlags } from '../worker.js';
import { hostAndMaybePort, type MeetingFlags } from './meeting.js';

export interface LaunchFlags
  extends Omit<ClusterFlags, 'minWorkers'>,
    ComputingFlags,
    MeetingFlags {
  readonly rank?: number;
  readonly ranks?: number;
  /** Where rank 0 listens. */
  readonly host?: string;
  readonly minWorkers?: number;
  readonly tlsDir?: string;
  readonly dryRun: boolean;
}

/** Those that say which rank this is and how it computes: no part of what a run is, nor of what is handed on to its two commands. */
export const OWN_FLAGS = [
  ...(['rank', 'ranks', 'coordinator', 'host', 'port', 'tlsDir', 'dryRun'] as const),
  ...(['threads', 'name', 'listen', 'transport', 'giveUpAfter'] as const),
] as const satisfies readonly (keyof LaunchFlags)[];

const MAX_RANK = 65_535;

export function addLaunchOptions(command: Command): void {
  command
    .optionsGroup('Rank:')
    .option(
      '--rank <n>',
      "this process's, from 0 (default: the scheduler's)",
      wholeNumber(0, MAX_RANK),
    )
    .option('--ranks <n>', "so many there are (default: the scheduler's)", wholeNumber(1, MAX_RANK))
    .option(
      '--coordinator <host[:port]>',
      "where ranks reach rank 0 (default: the scheduler's, and port 7070; of a single rank this machine)",
      place,
    )
    .option('--port <n>', 'the same without a host', wholeNumber(1, 65_535))
    .option(
      '--host <host>',
      'the address at which rank 0 listens (default: 127.0.0.1 if all ranks are on one machine, else 0.0.0.0)',
      nonEmpty,
    )
    .option('--dry-run', 'say what this rank would do, and do nothing', false);
  addComputingOptions(command, {
    threads: "the cores that this rank may use, shared by its machine's ranks",
    name: 'rank and host',
    listen: 'a free port on the network that leads to rank 0',
  });
  addRunOptions(command);
  command.optionsGroup('Network:');
  addClusterOptions(command);
  addTrustOptions(command, {
    cert: "this rank's certificate, both ways",
    ca: 'the authority of all certificates; others are refused',
  });
  command.option(
    '--tls-dir <dir>',
    'certificates, or an authority that makes them, as "lockstep certs" does (default: tls in --out, if ranks are on several machines)',
    nonEmpty,
  );
  command.optionsGroup('Output:').addOption(jsonOption());
  addDashboardOption(command);
}

function place(text: string): { host: string; port: number | undefined } {
  const found = hostAndMaybePort(text);
  if (typeof found !== 'string') return found;
  throw new InvalidArgumentError(`${found.replace('expected', 'Expected')}.`);
}
