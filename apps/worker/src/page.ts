// Joins a coordinator's run from a page: what `work` is in Node, with what a browser has in place of sockets, threads and folders.
// It runs in a Web Worker, and computes there, on its one thread; other workers of a mesh cannot reach it, so the run is a star.
// Invariant: nothing here reaches a Node API.
import { chooseBackend } from '@lockstep/core/internal';
import { checkOptions, type OptionNames, requireSignal, requireText } from '@lockstep/errors';
import { InlineCompute } from '@lockstep/trainer';
import { dial, type OpenSocket, pageSockets } from '@lockstep/transport';
import { MAX_NAME_CHARACTERS, printable } from '@lockstep/wire';
import { arrayRecords } from './carry/array-records.js';
import { browserRecords } from './carry/browser-records.js';
import { DatasetCache } from './carry/dataset-cache.js';
import type { WorkerStatus } from './carry/worker-event.js';
import { WorkerRun } from './carry/worker-run.js';

export type { WorkerEvent, WorkerStatus, WorkResult } from './carry/worker-event.js';
export type { WorkerRun } from './carry/worker-run.js';

export interface PageWorkOptions {
  /** What the coordinator showed; proven, never sent. */
  readonly token: string;
  /** Shown to people. */
  readonly name: string;
  /** Opens sockets: of another thread, so that they live while this one computes. The browser's own if left out. */
  readonly socket?: OpenSocket | undefined;
  /** Aborting it leaves the run; a text as the reason is told to the coordinator. */
  readonly signal?: AbortSignal | undefined;
  /** What it does has changed, or there is a new measurement; a few times a second. */
  readonly onStatus?: ((status: WorkerStatus) => void) | undefined;
}

const OPTIONS: OptionNames<PageWorkOptions> = {
  token: true,
  name: true,
  socket: true,
  signal: true,
  onStatus: true,
};

/** As long as a worker of Node waits for a coordinator. */
const GIVE_UP_AFTER_MS = 600_000;
/** A page gets no more than so much at once. */
const MAX_DATASET_BYTES = 2 ** 31 - 1;

/**
 * Computes for a coordinator until its run is over, whatever happens to the link meanwhile.
 *
 * @param url of the coordinator, which serves the page
 * @returns iterate it for the events, or wait for its result; nothing happens before
 * @throws ConfigError if an option is wrong
 */
export function workInPage(url: string, options: PageWorkOptions): WorkerRun {
  checkOptions('workInPage', options, OPTIONS);
  const { token, name, socket, signal, onStatus } = options;
  requireText('workInPage', 'token', token);
  requireText('workInPage', 'name', name);
  requireSignal('workInPage', signal);
  const backend = chooseBackend('workInPage', undefined);
  const { arithmetic } = backend;
  const transports = [pageSockets({ socket })];
  const key = new TextEncoder().encode(token);
  const store = arrayRecords(browserRecords());
  return new WorkerRun({
    ...{ signal, onStatus, backend, transports },
    where: url,
    name: printable(name, MAX_NAME_CHARACTERS).trim() || 'page',
    threads: 1,
    adapts: false,
    computeFor: () => (setting, place) => new InlineCompute(setting, place),
    datasets: (feed) => new DatasetCache({ ...feed, store, maxBytes: MAX_DATASET_BYTES }),
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    connect: (abort) => dial(transports, url, { role: 'worker', key, arithmetic, signal: abort }),
  });
}
