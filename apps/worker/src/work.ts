// Joins a coordinator's run: the options, checked and with their defaults, and how to reach it.
import { hostname, totalmem } from 'node:os';
import { ConfigError } from '@lockstep/core';
import { toDataset } from '@lockstep/core/internal';
import { cacheFolder } from '@lockstep/data';
import { describeValue, requireText } from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import { availableThreads, runBackend, toBegin } from '@lockstep/trainer';
import { dial, type Transport, urlProblem } from '@lockstep/transport';
import { MAX_NAME_CHARACTERS, printable } from '@lockstep/wire';
import type { Connect } from './carry/coordinator-link.js';
import { folderCache } from './carry/folder-cache.js';
import { nodeCompute } from './carry/node-compute.js';
import { transportsOf } from './carry/transports-of.js';
import { checkWorkOptions, type WorkOptions } from './carry/work-options.js';
import { WorkerRun } from './carry/worker-run.js';

const GIVE_UP_AFTER_MS = 600_000;

/**
 * Computes for a coordinator until its run is over, whatever happens to the link meanwhile.
 *
 * @param where URL of the coordinator, or what opens a link to it
 * @returns iterate it for the events, or wait for its result; nothing happens before
 * @throws ConfigError if an option is wrong, DataError if a dataset among them is
 */
export function work(where: string | Connect, options: WorkOptions = {}): WorkerRun {
  checkWorkOptions(options);
  if (typeof where !== 'function') requireText('work', 'the address of the coordinator', where);
  const { threads = availableThreads().threads, giveUpAfterMs = GIVE_UP_AFTER_MS } = options;
  const backend = runBackend('work', options);
  const transports = transportsOf(where, options);
  const problem = typeof where === 'string' ? urlProblem(transports, where) : undefined;
  if (problem !== undefined) throw new ConfigError(`worker: ${problem}`);
  const name = printable(options.name ?? hostname(), MAX_NAME_CHARACTERS).trim() || 'worker';
  const known = options.data?.map((data) => toDataset('worker', data));
  const cacheDir = cacheFolder({ cacheDir: options.cacheDir });
  const maxBytes = options.maxDatasetBytes ?? totalmem();
  const { signal, onStatus } = options;
  const run = new WorkerRun({
    ...{ signal, onStatus },
    name,
    threads,
    adapts: options.threads === undefined,
    backend,
    computeFor: nodeCompute,
    datasets: (feed) => folderCache({ ...feed, cacheDir, maxBytes, known }),
    giveUpAfterMs,
    where: typeof where === 'string' ? where : 'this process',
    transports,
    connect:
      typeof where === 'string'
        ? dialWith(transports, where, options.token, backend)
        : checked(where),
  });
  return toBegin(run, 'work', work);
}

/** Says it in words if the function gives no link. */
function checked(connect: Connect): Connect {
  const expected = 'expected a promise of a link, as "async () => run.connect()" gives';
  return async (signal) => {
    const promise = connect(signal);
    if (typeof promise?.then !== 'function') {
      throw new ConfigError(`work: its function gave ${describeValue(promise)}, ${expected}`);
    }
    const link = await promise;
    if (typeof link?.start === 'function') return link;
    throw new ConfigError(
      `work: its function gave a promise of ${describeValue(link)}, ${expected}`,
    );
  };
}

function dialWith(
  transports: readonly Transport[],
  url: string,
  token: string | undefined,
  { arithmetic }: Backend,
): Connect {
  if (!token) {
    throw new ConfigError(
      'worker: there is no token; copy it from the coordinator, which shows it when it starts',
    );
  }
  const key = new TextEncoder().encode(token);
  return (signal) => dial(transports, url, { role: 'worker', key, arithmetic, signal });
}
