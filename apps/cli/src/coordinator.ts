// `lockstep coordinator`: flags become a run that workers on other machines compute.
import { browserPage } from '@lockstep/browser-worker';
import {
  type ClusterRun,
  type CoordinatorOptions,
  certificateWarning,
  coordinate,
  networkOptions,
  pageAddress,
  resumeCoordinated,
  unixSockets,
  webSockets,
} from '@lockstep/coordinator';
import { type Command, Option } from 'commander';
import { clusterLines } from './cluster-lines.js';
import { tuneCollector } from './collector.js';
import { ClusterLanes } from './dashboard/lanes.js';
import { addDashboardOption } from './dashboard/place.js';
import { watchRun } from './dashboard/watch-run.js';
import { describeError, UsageError } from './errors.js';
import { type FollowOptions, follow } from './follow.js';
import { type Given, givenOptions } from './given.js';
import { LostWorkers } from './lost-workers.js';
import {
  addTrustOptions,
  givenToken,
  keepToken,
  keptToken,
  makeToken,
  readTls,
  type TrustFlags,
} from './network-options.js';
import { addRunOptions } from './new-run.js';
import { MOST, nonEmpty, share, wholeNumber } from './option-values.js';
import { jsonOption, kernelsOption, type RunFlags, WATCH_FLAGS } from './options.js';
import { performRun, type RunCommand, type RunPlace } from './run-command.js';
import type { Perform, Session } from './session.js';
import {
  addStandbyOptions,
  type Standby,
  type StandbyFlags,
  standbyOf,
  takingTurns,
} from './standby.js';
import { type LocalFlags, runLocalWorker } from './worker.js';

const EXAMPLES = `
Examples:
  $ lockstep coordinator --min-workers 2
  $ lockstep coordinator --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem --token-file token
  $ lockstep coordinator --listen-unix /run/user/1000/lockstep.sock --min-workers 2
  $ lockstep coordinator --local-threads 4 --json > run.jsonl
  $ lockstep coordinator --etcd http://10.0.0.1:2379 --out /shared/runs/mnist --token-file token
  $ lockstep coordinator --browser --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
  $ lockstep coordinator --resume runs/2026-11-23T09-41-00Z-mnist-mlp

It prints the command to type on other machines, and with --browser the address to open there. The same
flags give the same bytes as "lockstep train", whoever joins, leaves or dies.`;

/** As the coordinator's own, which no flag raises. */
const MAX_WORKERS = 256;
const MAX_HEARTBEAT_MS = 3_600_000;

interface CoordinatorFlags extends RunFlags, TrustFlags, LocalFlags, StandbyFlags {
  readonly host: string;
  readonly port: number;
  readonly listenUnix?: string;
  readonly minWorkers: number;
  readonly topology: 'auto' | 'star' | 'mesh';
  readonly audit: number;
  readonly reachableAs?: readonly string[];
  readonly heartbeatTimeoutMs: number;
  readonly insecure: boolean;
  readonly browser: boolean;
}

/** Adds the command to a program; `perform` runs what it does. */
export function addCoordinatorCommand(program: Command, perform: Perform): void {
  const command = program
    .command('coordinator')
    .description('train a network on many machines: own the run that workers compute')
    .addHelpText('after', EXAMPLES);
  addRunOptions(command);
  command
    .optionsGroup('Network:')
    .option('--host <host>', 'the address to listen on', nonEmpty, '127.0.0.1')
    .option('--port <n>', 'the port; 0 takes a free one', wholeNumber(0, 65_535), 7070)
    .option(
      '--listen-unix <path>',
      'a Unix socket for workers of this machine; opens no port then, unless --host or --port is given',
      nonEmpty,
    )
    .option(
      '--min-workers <n>',
      'wait for so many before the first step',
      wholeNumber(1, MAX_WORKERS),
      1,
    )
    .addOption(
      new Option('--topology <name>', 'how workers exchange gradients')
        .choices(['auto', 'star', 'mesh'])
        .default('auto'),
    )
    .option('--audit <share>', 'of the steps, that another worker checks', share, 0)
    .option('--local-threads <n>', 'compute on this machine too', wholeNumber(0, MOST.threads), 0)
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
    .option('--insecure', 'listen beyond this machine without TLS', false)
    .option('--browser', 'serve a page, too: whoever opens it computes in their browser', false);
  addStandbyOptions(command);
  addTrustOptions(command, {
    cert: 'serve wss:// with this certificate',
    ca: 'workers must show a certificate of this authority',
  });
  command.optionsGroup('Output:').addOption(jsonOption());
  addDashboardOption(command);
  command.action(() =>
    perform(async (session) => {
      const given = givenOptions<CoordinatorFlags>(command);
      const { flags } = given;
      tuneCollector();
      const network = await networkOf(given, session);
      const standby = standbyOf(flags, session);
      await takingTurns(standby, () =>
        performRun(onCluster(flags, network, standby, session), given, session),
      );
    }),
  );
}

type Network = Awaited<ReturnType<typeof networkOf>>;

async function networkOf({ flags, isGiven }: Given<CoordinatorFlags>, { screen, env }: Session) {
  const { minWorkers, topology, audit, heartbeatTimeoutMs, insecure, listenUnix, browser } = flags;
  const given = await givenToken(flags, env);
  if (flags.etcd !== undefined && given === undefined) {
    throw new UsageError(
      '--etcd needs a token that all coordinators and workers of the run have: give it by --token-file or LOCKSTEP_TOKEN',
    );
  }
  const { pair, ca } = await readTls(flags);
  if (ca !== undefined && !pair) {
    throw new UsageError('--tls-ca needs --tls-cert and --tls-key: it is about TLS');
  }
  if (insecure && !pair) {
    screen.warn(
      '--insecure: without TLS, whoever can see the network can read and change this run',
    );
  }
  // Workers of an interrupted run still have the token that was made for it.
  const kept = given === undefined && flags.resume !== undefined && (await keptToken(flags.resume));
  const token = given ?? (kept || makeToken());
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
  /** Shown in the command to copy only where nobody else knows it. */
  return { madeToken: given === undefined ? token : undefined, options, tls, opensPort };
}

function onCluster(
  flags: CoordinatorFlags,
  network: Network,
  standby: Standby | undefined,
  session: Session,
): RunCommand<CoordinatorFlags, ClusterRun> {
  const how = () => ({ kernels: flags.kernels, ...network.options, lead: standby?.lead });
  return {
    name: 'coordinator',
    how: [
      ...(['dataDir', 'offline', 'checkpointEvery', ...WATCH_FLAGS] as const),
      ...([
        'host',
        'port',
        'listenUnix',
        'minWorkers',
        'topology',
        'audit',
        'localThreads',
        'kernels',
      ] as const),
      ...(['heartbeatTimeoutMs', 'reachableAs', 'insecure', 'browser', 'dashboard'] as const),
      ...(['tokenFile', 'tlsCert', 'tlsKey', 'tlsCa'] as const),
      ...(['etcd', 'election', 'leaseSeconds'] as const),
    ],
    begin: (options) => coordinate({ ...options, ...how() }),
    goOn: (options) => resumeCoordinated({ ...options, ...how() }),
    follow: (run, place) => serve(run, flags, network, standby, session, place),
    turn: standby && (() => standby.untilItLeads(session)),
  };
}

async function serve(
  run: ClusterRun,
  flags: CoordinatorFlags,
  { madeToken, tls, opensPort }: Network,
  standby: Standby | undefined,
  session: Session,
  followed: RunPlace,
): Promise<void> {
  const { screen } = session;
  const over = new AbortController();
  const lost = new LostWorkers();
  let local: Promise<void> | undefined;
  const { out } = followed;
  const lanes = new ClusterLanes(run);
  const watch = await watchRun(
    run,
    followed.page,
    {
      ...{ command: 'coordinator', out, isNew: followed.isNew, lanes: (ms) => lanes.since(ms) },
      workers: () => lanes.workers(),
      dropWorker: (name) => run.dismiss(name, 'it was sent away by whoever watches the run'),
    },
    session,
  );
  const onEvent: FollowOptions['onEvent'] = async (event) => {
    lost.note(event, performance.now());
    lanes.hear(event);
    watch.onEvent(event);
    if (event.event !== 'listening') return;
    void standby?.announce(event.urls);
    if (madeToken) await keepToken(followed.out, madeToken);
    const show = (where: string, url: string, ...more: string[]): void => {
      const command = session.commandLine('worker', url, ...more);
      screen.err(`${where}, run:`);
      screen.err(`  ${madeToken ? `LOCKSTEP_TOKEN=${madeToken} ` : ''}${command}`);
    };
    if (opensPort) {
      const warning = tls && certificateWarning(tls.cert, event.url, session.now());
      if (warning !== undefined) screen.warn(warning);
      const secure = tls ? ['--tls-ca', 'CA.pem'] : [];
      if (flags.tlsCa !== undefined) secure.push('--tls-cert', 'CERT.pem', '--tls-key', 'KEY.pem');
      show('on each machine that is to compute', standby?.workerUrl ?? event.url, ...secure);
      if (flags.browser) {
        screen.err('in each browser that is to compute, open:');
        screen.err(`  ${pageAddress({ url: event.url, token: madeToken ?? '' })}`);
      }
    }
    if (flags.listenUnix !== undefined) show('on this machine', event.urls.at(-1)!);
    if (!madeToken) screen.note('  (with the same token, by --token-file or LOCKSTEP_TOKEN)');
    if (flags.localThreads > 0) {
      local = runLocalWorker(run, flags, over.signal).catch((error) => {
        const { code, message } = describeError(error);
        // That is told as the run's own error.
        if (code !== 'run-failed') screen.warn(`this machine's threads have stopped: ${message}`);
      });
    }
  };
  const live = (columns: number): string => {
    const { workers, waitsFor } = run;
    const view = { workers, waitsFor, lost: lost.recent(performance.now()) };
    return clusterLines({ ...view, progress: () => run.progress() }, columns, screen.errColors);
  };
  try {
    const unsaved = (): string | undefined => run.unsaved;
    await follow(run, session, { ...followed, live, onEvent, unsaved });
    await watch.stay();
  } catch (error) {
    watch.fail(error);
    throw error;
  } finally {
    over.abort();
    await watch.close();
    await local;
  }
}
