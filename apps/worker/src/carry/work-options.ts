// What somebody who joins a run may choose, and the checks of each by itself. Defaults are in work.ts.
import type { DatasetInput } from '@lockstep/core';
import {
  ConfigError,
  checkOptions,
  describeValue,
  type OptionNames,
  requireBoolean,
  requireCallback,
  requireInteger,
  requireSignal,
  requireText,
} from '@lockstep/errors';
import { BACKEND_OPTIONS, type BackendOptions, MAX_THREADS } from '@lockstep/trainer';
import type { DialTls, Transport } from '@lockstep/transport';
import type { WorkerStatus } from './worker-event.js';

/** What `work` takes. */
export interface WorkOptions extends BackendOptions {
  /** What the coordinator showed; proven, never sent. Needed with a URL. */
  readonly token?: string | undefined;
  /** Compute threads; if left out all cores, or as many as a CPU quota allows, of which those rest that make steps slower. */
  readonly threads?: number | undefined;
  /** Shown to people; the machine's name if left out. */
  readonly name?: string | undefined;
  /**
   * What carries messages: to the coordinator the one that has its URL's scheme, between workers the first that can be listened
   * with. Default: WebSockets, with `listen`, `tls` and `insecure`, which are settings of theirs and stand in `webSockets({ … })`
   * where a list is given, and `mpi`, in whose place `mpiSockets(webSockets({ … }))` stands there; and Unix sockets, if it reaches the coordinator by one.
   */
  readonly transports?: readonly Transport[] | undefined;
  /**
   * Where other workers may dial this one, for a mesh. If left out: a Unix socket, if it reaches the coordinator by one; a free
   * port at the address from which it reaches the coordinator, if that is on this machine, or there is a certificate to show, or
   * `insecure`; else nowhere, which makes the run a star.
   */
  readonly listen?: { readonly host: string; readonly port: number } | undefined;
  /** Allows listening beyond loopback without TLS. */
  readonly insecure?: boolean | undefined;
  /**
   * This process is a rank of an MPI job, and so are others of the run: what they add up goes by MPI. It takes `koffi` and an
   * MPI library. Default false.
   */
  readonly mpi?: boolean | undefined;
  /** PEM texts: whom to trust, and what to show. */
  readonly tls?: DialTls | undefined;
  /** Datasets are kept there; the user's cache folder if left out. */
  readonly cacheDir?: string | undefined;
  /** A larger dataset is refused; the machine's memory if left out. */
  readonly maxDatasetBytes?: number | undefined;
  /** Datasets that need not be fetched if the run is about them. */
  readonly data?: readonly DatasetInput[] | undefined;
  /**
   * It ends with an error once it was without a coordinator for so long, at the start or after it had one; Infinity
   * never ends. Default 600000, 10 minutes.
   */
  readonly giveUpAfterMs?: number | undefined;
  /** Aborting it leaves the run; a text as the reason is told to the coordinator. */
  readonly signal?: AbortSignal | undefined;
  /** What it does has changed, or there is a new measurement; a few times a second. */
  readonly onStatus?: ((status: WorkerStatus) => void) | undefined;
}

export const WORK_OPTIONS: OptionNames<WorkOptions> = {
  token: true,
  threads: true,
  name: true,
  transports: true,
  listen: true,
  insecure: true,
  mpi: true,
  tls: true,
  cacheDir: true,
  maxDatasetBytes: true,
  data: true,
  signal: true,
  onStatus: true,
  giveUpAfterMs: true,
  ...BACKEND_OPTIONS,
};

/** @throws ConfigError if one is unknown, of a wrong kind or out of its range */
export function checkWorkOptions(options: WorkOptions): void {
  checkOptions('work', options, WORK_OPTIONS);
  const {
    token,
    threads = 1,
    name,
    listen,
    insecure = false,
    mpi = false,
    tls,
    cacheDir,
  } = options;
  const { giveUpAfterMs = 0, maxDatasetBytes = 0, data, signal, onStatus } = options;
  if (token !== undefined) requireText('work', 'token', token);
  requireInteger('work', 'threads', threads, 1, MAX_THREADS);
  if (name !== undefined) requireText('work', 'name', name);
  if (listen !== undefined) {
    checkOptions('work: listen', listen, { host: true, port: true });
    requireText('work', 'listen.host', listen.host);
    requireInteger('work', 'listen.port', listen.port, 0, 65_535);
  }
  requireBoolean('work', 'insecure', insecure);
  requireBoolean('work', 'mpi', mpi);
  if (tls !== undefined) checkOptions('work: tls', tls, { ca: true, cert: true, key: true });
  if (cacheDir !== undefined) requireText('work', 'cacheDir', cacheDir);
  requireInteger('work', 'maxDatasetBytes', maxDatasetBytes, 0);
  if (data !== undefined && !Array.isArray(data)) {
    throw new ConfigError(
      `work: data must be an array of datasets, as a run's .datasets, got ${describeValue(data)}`,
    );
  }
  if (typeof giveUpAfterMs !== 'number' || !(giveUpAfterMs >= 0)) {
    throw new ConfigError(
      `work: giveUpAfterMs must be milliseconds of at least 0, or Infinity, got ${describeValue(giveUpAfterMs)}`,
    );
  }
  requireSignal('work', signal);
  requireCallback('work', 'onStatus', onStatus);
}
