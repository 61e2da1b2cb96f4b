// How workers find, trust and compute with each other: the flags of whoever owns a run on many machines, and what they come to.
import { browserPage } from '@lockstep/browser-worker';
import {
  type CoordinatorOptions,
  networkOptions,
  unixSockets,
  webSockets,
} from '@lockstep/coordinator';
import type { KernelsChoice } from '@lockstep/trainer';
import { type Command, Option } from 'commander';
import { UsageError } from './errors.js';
import type { Given } from './given.js';
import {
  givenToken,
  keptToken,
  makeToken,
  type Pass,
  readTls,
  type TrustFlags,
} from './network-options.js';
import { nonEmpty, share, wholeNumber } from './option-values.js';
import { kernelsOption, type RunFlags } from './options.js';
import type { Session } from './session.js';
import type { StandbyFlags } from './standby.js';
import type { LocalFlags } from './worker.js';

/** As the coordinator's own, which no flag raises. */
const MAX_WORKERS = 256;
const MAX_HEARTBEAT_MS = 3_600_000;

/** How a cluster works together, whoever starts it. */
export interface ClusterFlags extends RunFlags, TrustFlags {
  readonly minWorkers: number;
  readonly topology: 'auto' | 'star' | 'mesh';
  readonly audit: number;
  readonly kernels: KernelsChoice;
  readonly reachableAs?: readonly string[];
  readonly heartbeatTimeoutMs: number;
  readonly insecure: boolean;
}

export interface CoordinatorFlags extends ClusterFlags, LocalFlags, StandbyFlags {
  readonly host: string;
  readonly port: number;
  readonly listenUnix?: string;
  readonly browser: boolean;
}

/** @param minWorkers by default; undefined where the command's own help says it */
export function addClusterOptions(command: Command, minWorkers?: number): void {
  command
    .option(
      '--min-workers <n>',
      `wait for so many before the first step, of a run that goes on, too${minWorkers === undefined ? ' (default: the number of ranks)' : ''}`,
      wholeNumber(1, MAX_WORKERS),
      minWorkers,
    )
    .addOption(
      new Option('--topology <name>', 'how workers exchange gradients')
        .choices(['auto', 'star', 'mesh'])
        .default('auto'),
    )
    .option('--audit <share>', 'of the steps, that another worker checks', share, 0)
    .addOption(kernelsOption())
    .option(
      '--heartbeat-timeout-ms <n>',
      'a worker that is silent for longer is lost',
      wholeNumber(100, MAX_HEARTBEAT_MS),
      5000,
    )
    .option(
      '--reachable-as <hosts>',
      'more names under which workers may connect, with commas (default: those of the address)',
      (hosts: string) => nonEmpty(hosts).split(','),
    )
    .option('--insecure', 'listen beyond this machine without TLS', false);
}

/** By what a coordinator and its workers know each other. */
export interface Trust extends Pass {
  /** Whether nobody else knows the token yet. */
  readonly isMade: boolean;
}

/** @throws UsageError if a file cannot be used, or flags do not go together */
export async function trustOf(
  flags: TrustFlags & Pick<RunFlags, 'resume'>,
  env: Session['env'],
): Promise<Trust> {
  const given = await givenToken(flags, env);
  // Workers of an interrupted run still have the token that was made for it.
  const kept = given === undefined && flags.resume !== undefined && (await keptToken(flags.resume));
  return {
    token: given ?? (kept || makeToken()),
    isMade: given === undefined,
    ...(await readTls(flags)),
  };
}

export interface Network {
  /** Shown in the command to copy only where nobody else knows it. */
  readonly madeToken: string | undefined;
  readonly options: CoordinatorOptions;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca?: string } | undefined;
  readonly opensPort: boolean;
}

/** @throws UsageError or ConfigError if flags and certificates do not fit together */
export function networkOf(
  { flags, isGiven }: Given<CoordinatorFlags>,
  { token, isMade, pair, ca }: Trust,
  { screen }: Session,
): Network {
  const { minWorkers, topology, audit, heartbeatTimeoutMs, insecure, listenUnix, browser } = flags;
  if (flags.etcd !== undefined && isMade) {
    throw new UsageError(
      '--etcd needs a token that all coordinators and workers of the run have: give it by --token-file or LOCKSTEP_TOKEN',
    );
  }
  if (ca !== undefined && !pair) {
    throw new UsageError('--tls-ca needs --tls-cert and --tls-key: it is about TLS');
  }
  if (insecure && !pair) {
    screen.warn(
      '--insecure: without TLS, whoever can see the network can read and change this run',
    );
  }
  const tls = pair && { ...pair, ...(ca !== undefined && { ca }) };
  const { host, port, reachableAs: names } = flags;
  const opensPort = listenUnix === undefined || isGiven('host') || isGiven('port');
  if (flags.etcd !== undefined && !opensPort) {
    throw new UsageError('--etcd needs a port: give --host or --port beside --listen-unix');
  }
  if (browser && !opensPort) {
    throw new UsageError('--browser needs a port: give --host or --port beside --listen-unix');
  }
  if (browser && topology === 'mesh') {
    throw new UsageError(
      '--browser and --topology mesh exclude each other: nobody can dial a page; leave auto, or take star',
    );
  }
  const page = browser ? browserPage() : undefined;
  const options: CoordinatorOptions = {
    ...{ minWorkers, topology, heartbeatTimeoutMs, token },
    auditShare: audit,
    transports: [
      ...(opensPort ? [webSockets({ host, port, tls, insecure, names, page }, 'coordinate')] : []),
      ...(listenUnix === undefined ? [] : [unixSockets({ path: listenUnix }, 'coordinate')]),
    ],
  };
  // What is wrong with them is told before data is read.
  networkOptions(options);
  return { madeToken: isMade ? token : undefined, options, tls, opensPort };
}
