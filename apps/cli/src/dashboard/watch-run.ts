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
import type { ClusterEvent } from '@lockstep/trainer';
import { describeError, UsageError } from '../errors.js';
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
  /** The run has failed: whoever looks learns why. */
  fail(error: unknown): void;
  /** The run is over, or has failed. */
  close(): Promise<void>;
}

/** @throws UsageError if the page cannot be served where it was asked for */
export async function watchRun(
  run: LiveRun,
  { dashboard }: DashboardFlags,
  options: WatchOptions,
  session: Session,
): Promise<RunWatch> {
  const place = dashboard === true ? undefined : dashboard;
  const server = dashboard && (await servePage(place, '--dashboard'));
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
  if (server) {
    server.add(feed);
    session.screen.err(`watch it in a browser: ${server.url}`);
    if (!server.isOfThisMachine) {
      session.screen.warn(
        '--dashboard: without TLS, whoever can see the network can read the token, and watch and stop this run; ssh -L is better',
      );
    }
  }
  let ended: Promise<void> | undefined;
  const end = (): Promise<void> => {
    ended ??= feed.end().then(async () => {
      await file.close();
      server?.tellRuns();
    });
    return ended;
  };
  return {
    onEvent: (event) => feed.hear(event),
    stay: async () => {
      await end();
      if (!server?.hasPages || !session.screen.isLive || session.signal.aborted) return;
      session.screen.note(`the run is over; its page stays until Ctrl-C: ${server.url}`);
      await new Promise<void>((resolve) => {
        session.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
    fail: (error) => {
      if (session.signal.aborted) return;
      const time = session.now().toISOString();
      feed.hear({ event: 'error', time, ...describeError(error) });
    },
    close: async () => {
      await end();
      await server?.close();
    },
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
