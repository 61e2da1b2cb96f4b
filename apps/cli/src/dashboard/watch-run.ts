// Keeps the way of a run that goes on here, and shows it on a page if that is asked for. What it watches it does not change.
import { basename } from 'node:path';
import { LockstepError } from '@lockstep/core';
import {
  type Action,
  DashboardServer,
  datasetInfo,
  flatConfig,
  type LaneSample,
  LiveFeed,
  type LiveRun,
  type RunInfo,
  readHistory,
  type WorkerSample,
} from '@lockstep/dashboard';
import type { ClusterEvent, InterruptedEvent } from '@lockstep/trainer';
import { shortPath } from '../command-line.js';
import { errorEvent, UsageError } from '../errors.js';
import type { Session } from '../session.js';
import { type DashboardFlags, Place, USUAL } from './place.js';
import { SamplesFile } from './samples-file.js';

export interface WatchOptions {
  readonly command: RunInfo['command'];
  readonly out: string;
  /** False for a run that goes on. */
  readonly isNew: boolean;
  readonly lanes: (ms: number) => readonly LaneSample[];
  readonly workers: () => readonly WorkerSample[];
  /** What whoever watches may ask for besides a stop. */
  readonly checkpoint?: () => Promise<unknown>;
  readonly dropWorker?: (name: string) => void;
}

export interface RunWatch {
  onEvent(event: ClusterEvent): void;
  /** The run has come to its end: where a person sits, its page stays until they have seen it. */
  stay(): Promise<void>;
  /** It was stopped, and can go on by this command: whoever looks learns it. */
  onStopped(again: string): void;
  /** The run has failed: whoever looks learns why. */
  fail(error: unknown): void;
  /** The run is over, or has failed. */
  close(): Promise<void>;
}

/**
 * Serves the page where it is asked for, before there is a run: a browser loads it while the run is put together.
 *
 * @throws UsageError if it cannot be served where it was asked for
 */
export async function openPage(
  { dashboard }: DashboardFlags,
  { screen }: Session,
): Promise<DashboardServer | undefined> {
  if (dashboard === undefined) return undefined;
  const server = await servePage(dashboard === true ? undefined : dashboard, '--dashboard');
  screen.err(`watch it in a browser: ${server.url}`);
  if (!server.isOfThisMachine) {
    screen.warn(
      '--dashboard: without TLS, whoever can see the network can read the token, and watch and stop this run; ssh -L is better',
    );
  }
  return server;
}

/** A run whose page says that it was stopped. */
type StoppableRun = LiveRun & { readonly interruption: InterruptedEvent | undefined };

/** @param server of its page, which stays its caller's; undefined without a page */
export async function watchRun(
  run: StoppableRun,
  server: DashboardServer | undefined,
  options: WatchOptions,
  session: Session,
): Promise<RunWatch> {
  const file = new SamplesFile(options.out, (message) => session.screen.warn(message));
  const feed = new LiveFeed({
    run,
    history: options.isNew ? undefined : await readHistory(options.out),
    info: infoOf(run, options),
    lanes: options.lanes,
    workers: options.workers,
    onSample: (sample) => file.add(sample),
    act: (action) => act(action, options, session),
  });
  server?.add(feed);
  let goOn: string | undefined;
  let ended: Promise<void> | undefined;
  const end = (): Promise<void> => {
    ended ??= feed.end(goOn).then(async () => {
      await file.close();
      await server?.arrived();
    });
    return ended;
  };
  return {
    onEvent: (event) => feed.hear(event),
    stay: async () => {
      await end();
      if (!server || session.signal.aborted) return;
      if (!session.screen.isLive) {
        const again = session.commandLine('dashboard', shortPath(options.out, session.cwd));
        session.screen.note(`its page goes with the run; it is shown again by: ${again}`);
      }
      if (!server.hasPages || !session.screen.isLive) return;
      session.stopsAt('now');
      session.screen.note(`the run is over; its page stays until Ctrl-C: ${server.url}`);
      await new Promise<void>((resolve) => {
        session.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
    onStopped: (again) => {
      goOn = again;
    },
    fail: (error) => {
      if (run.interruption) feed.hear(run.interruption);
      if (session.signal.aborted) return;
      feed.hear(errorEvent(error, session.now()));
    },
    close: end,
  };
}

/**
 * Where nobody said where, another port does if the usual one is taken.
 *
 * @param flag that says where, for errors
 * @throws UsageError if it cannot be served there
 */
export async function servePage(given: Place | undefined, flag: string): Promise<DashboardServer> {
  const place = given ?? USUAL;
  try {
    return await DashboardServer.start(place);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (given === undefined && code === 'EADDRINUSE') {
      return DashboardServer.start(new Place(USUAL.host, 0));
    }
    throw new UsageError(`${flag}: the page cannot be served: ${message}`);
  }
}

function infoOf({ config, data }: LiveRun, { command, out, ...can }: WatchOptions): RunInfo {
  const { name, samples } = data.train;
  return {
    id: idOf(out),
    name: basename(out),
    folder: out,
    command,
    isLive: true,
    can: {
      stop: true,
      checkpoint: can.checkpoint !== undefined,
      dropWorker: can.dropWorker !== undefined,
    },
    config: flatConfig(config, {
      dataset: { name, train: samples, test: data.test?.samples ?? 0 },
    }),
    datasets: Object.entries(data).map(([as, dataset]) => datasetInfo(as, dataset)),
  };
}

/** Letters, digits and dashes, as a URL may have them. */
export function idOf(folder: string): string {
  return basename(folder).replace(/[^A-Za-z0-9-]+/g, '-') || 'run';
}

async function act(
  action: Action,
  { checkpoint, dropWorker }: WatchOptions,
  session: Session,
): Promise<void> {
  switch (action.do) {
    case 'stop':
      session.interrupt();
      return;
    case 'checkpoint':
      if (!checkpoint) throw refused('this run saves when it is due, and cannot be asked to');
      await checkpoint();
      return;
    case 'drop-worker':
      if (!dropWorker) throw refused('this run has no workers');
      dropWorker(action.name);
  }
}

function refused(why: string): LockstepError {
  return new LockstepError('refused', why);
}
