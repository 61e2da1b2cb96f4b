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
  type WorkerSample,
} from '@lockstep/dashboard';
import type { ClusterEvent } from '@lockstep/trainer';
import { UsageError } from '../errors.js';
import type { Session } from '../session.js';
import { type DashboardFlags, Place, USUAL } from './place.js';
import { SamplesFile } from './samples-file.js';

export interface WatchOptions {
  readonly command: RunInfo['command'];
  readonly out: string;
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
  const server = dashboard && (await serve(dashboard));
  const file = new SamplesFile(options.out, (message) => session.screen.warn(message));
  const feed = new LiveFeed({
    run,
    info: infoOf(run, options),
    lanes: options.lanes,
    workers: options.workers,
    onSample: (sample) => file.add(sample),
    act: (action) => act(action, options, session),
  });
  if (server) {
    server.add(feed);
    session.screen.err(`watch it in a browser: ${server.url}`);
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
    close: async () => {
      await end();
      await server?.close();
    },
  };
}

/** Where nobody said where, another port does if the usual one is taken. */
async function serve(given: Place | true): Promise<DashboardServer> {
  const place = given === true ? USUAL : given;
  try {
    return await DashboardServer.start(place);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (given === true && code === 'EADDRINUSE') {
      return DashboardServer.start(new Place(USUAL.host, 0));
    }
    throw new UsageError(`--dashboard: the page cannot be served: ${message}`);
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
