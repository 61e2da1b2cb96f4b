// `lockstep coordinator`: flags become a run that workers on other machines compute.
import {
  type ClusterRun,
  certificateWarning,
  coordinate,
  pageAddress,
  resumeCoordinated,
} from '@lockstep/coordinator';
import type { ClusterEvent, ListeningEvent } from '@lockstep/trainer';
import type { Command } from 'commander';
import { clusterLines } from './cluster-lines.js';
import {
  addClusterOptions,
  type CoordinatorFlags,
  type Network,
  networkOf,
  type Trust,
  trustOf,
} from './cluster-options.js';
import { tuneCollector } from './collector.js';
import { ClusterLanes } from './dashboard/lanes.js';
import { addDashboardOption } from './dashboard/place.js';
import { watchRun } from './dashboard/watch-run.js';
import { describeError } from './errors.js';
import { type FollowOptions, follow } from './follow.js';
import { type Given, givenOptions } from './given.js';
import { goOnOrBegin } from './go-on.js';
import { LostWorkers } from './lost-workers.js';
import { addTrustOptions, keepToken } from './network-options.js';
import { addRunOptions } from './new-run.js';
import { MOST, nonEmpty, wholeNumber } from './option-values.js';
import { jsonOption, WATCH_FLAGS } from './options.js';
import { performRun, type RunCommand, type RunPlace } from './run-command.js';
import type { Perform, Session } from './session.js';
import { addStandbyOptions, type Standby, standbyOf, takingTurns } from './standby.js';
import { runLocalWorker } from './worker.js';

const EXAMPLES = `
Examples:
  $ lockstep coordinator --min-workers 2
  $ lockstep coordinator --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem --token-file token
  $ lockstep coordinator --listen-unix /run/user/1000/lockstep.sock --min-workers 2
  $ lockstep coordinator --local-threads 4 --json > run.jsonl
  $ lockstep coordinator --etcd http://10.0.0.1:2379 --out /shared/runs/mnist --token-file token
  $ lockstep coordinator --browser --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
  $ lockstep coordinator --resume runs/2026-11-23T09-41-00Z-mnist-mlp
  $ lockstep coordinator --out runs/nightly --continue --token-file token

It prints the command to type on other machines, and with --browser the address to open there. The same
flags give the same bytes as "lockstep train", whoever joins, leaves or dies.`;

/** A command that owns a run, and what it does besides. */
export interface OwningCommand {
  readonly name: 'coordinator' | 'launch';
  /** Its own flags that say how the run is computed, and not what it is. */
  readonly how: readonly string[];
  /** Tells where it listens, in place of the commands for other machines; waited for. */
  readonly onListening?: (event: ListeningEvent, run: ClusterRun) => void | Promise<void>;
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
    .option('--local-threads <n>', 'compute on this machine too', wholeNumber(0, MOST.threads), 0)
    .option('--browser', 'serve a page, too: whoever opens it computes in their browser', false);
  addClusterOptions(command, 1);
  addStandbyOptions(command);
  addTrustOptions(command, {
    cert: 'serve wss:// with this certificate',
    ca: 'workers must show a certificate of this authority',
  });
  command.optionsGroup('Output:').addOption(jsonOption());
  addDashboardOption(command);
  command.action(() =>
    perform(async (session) => {
      const given = await goOnOrBegin(givenOptions<CoordinatorFlags>(command));
      await performCoordinator(given, await trustOf(given.flags, session.env), session);
    }),
  );
}

const COORDINATOR: OwningCommand = { name: 'coordinator', how: [] };

/** Owns a run to its end. @throws what `performRun` throws, and UsageError if flags or certificates do not fit together */
export async function performCoordinator(
  given: Given<CoordinatorFlags>,
  trust: Trust,
  session: Session,
  command = COORDINATOR,
): Promise<void> {
  tuneCollector();
  const { flags } = given;
  const network = networkOf(given, trust, session);
  const standby = standbyOf(given, session);
  await takingTurns(standby, () =>
    performRun(onCluster(flags, { network, standby, command }, session), given, session),
  );
}

/** How a run is owned. */
interface Owning {
  readonly network: Network;
  readonly standby: Standby | undefined;
  readonly command: OwningCommand;
}

function onCluster(
  flags: CoordinatorFlags,
  owning: Owning,
  session: Session,
): RunCommand<CoordinatorFlags, ClusterRun> {
  const { network, standby, command } = owning;
  const how = () => ({ kernels: flags.kernels, ...network.options, lead: standby?.lead });
  return {
    name: command.name,
    how: [
      ...(command.how as readonly (keyof CoordinatorFlags)[]),
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
    follow: (run, place) => serve(run, flags, owning, session, place),
    turn: standby && (() => standby.untilItLeads(session)),
  };
}

async function serve(
  run: ClusterRun,
  flags: CoordinatorFlags,
  { network: { madeToken, tls, opensPort }, standby, command }: Owning,
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
      checkpoint: () => run.checkpoint(),
      dropWorker: (name) => run.dismiss(name, 'it was sent away by whoever watches the run'),
    },
    session,
  );
  const onEvent: FollowOptions['onEvent'] = async (event) => {
    lost.note(event, performance.now());
    lanes.hear(event);
    watch.onEvent(event);
    noteWaiting(run, event, session);
    if (event.event !== 'listening') return;
    void standby?.announce(event.urls);
    if (madeToken) await keepToken(followed.out, madeToken);
    if (command.onListening) {
      await command.onListening(event, run);
      return;
    }
    const show = (where: string, url: string, ...more: string[]): void => {
      const words = session.commandLine('worker', url, ...more);
      screen.err(`${where}, run:`);
      screen.err(`  ${madeToken ? `LOCKSTEP_TOKEN=${madeToken} ` : ''}${words}`);
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
    return clusterLines({ ...view, progress: () => run.progress() }, columns, screen);
  };
  try {
    const unsaved = (): string | undefined => run.unsaved;
    const { onStopped } = watch;
    await follow(run, session, { ...followed, live, onEvent, onStopped, unsaved });
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

/** Where no live line says it: that nobody computes before more workers come. */
function noteWaiting(run: ClusterRun, { event }: ClusterEvent, { screen }: Session): void {
  const isNews = event === 'listening' || event === 'worker-joined' || event === 'worker-lost';
  if (screen.isLive || !isNews || run.missing === 0 || run.waitsFor === undefined) return;
  screen.note(run.waitsFor);
}
