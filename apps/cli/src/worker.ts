// `lockstep worker URL`: joins a coordinator's run and computes for it until it is over.
import type { ClusterRun } from '@lockstep/coordinator';
import { LockstepError } from '@lockstep/core';
import { jsonLine, type KernelsChoice } from '@lockstep/trainer';
import { type WorkerEvent, type WorkerStatus, work } from '@lockstep/worker';
import { type Command, Option } from 'commander';
import { tuneCollector } from './collector.js';
import { defaultThreads, noteQuota } from './default-threads.js';
import { UsageError } from './errors.js';
import { addMetricsOptions, type MetricsFlags } from './metrics/options.js';
import {
  address,
  addTrustOptions,
  defaultName,
  givenToken,
  type Pass,
  readTls,
  type TrustFlags,
} from './network-options.js';
import { noteKernels } from './note-kernels.js';
import { MOST, nonEmpty, seconds, wholeNumber } from './option-values.js';
import { jsonOption, kernelsOption } from './options.js';
import type { Perform, Session } from './session.js';
import { prepareWorkerWatchers } from './watchers.js';
import { statusLine, WorkerLines } from './worker-lines.js';

const EXAMPLES = `
Examples:
  $ LOCKSTEP_TOKEN=... lockstep worker ws://192.168.1.20:7070
  $ lockstep worker unix:/run/user/1000/lockstep.sock --token-file token
  $ lockstep worker etcd://10.0.0.1:2379/mnist --token-file token
  $ lockstep worker wss://train.example.org:7070 --token-file token --tls-ca ca.pem --threads 8

It needs no data and no code: it fetches what the run is about, computes its shards, reconnects by itself,
and ends when the run is over, or when there was no coordinator for 10 minutes (--give-up-after). What keeps it from
connecting is found out by: lockstep doctor URL`;

/** How a worker computes, and how it is reached. */
export interface ComputingFlags {
  readonly threads?: number | undefined;
  readonly kernels: KernelsChoice;
  readonly name?: string | undefined;
  readonly listen?: { readonly host: string; readonly port: number } | undefined;
  readonly insecure: boolean;
  /** `mpi`: what workers add up goes by MPI where both are ranks of one job. */
  readonly transport: 'auto' | 'mpi';
  /** Seconds. */
  readonly giveUpAfter: number;
}

interface WorkerFlags extends ComputingFlags, TrustFlags, MetricsFlags {
  readonly json: boolean;
}

/** Who is told of a worker's events, besides whoever watches it by flags. */
export interface WorkerTelling {
  /** Each event as a line of JSON on stdout, in place of words. */
  readonly json: boolean;
  /** Where its result goes, in words. Default: stdout. */
  readonly tellResult?: ((line: string) => void) | undefined;
  readonly onEvent?: ((event: WorkerEvent) => void | Promise<void>) | undefined;
}

/** Adds the command to a program; `perform` runs what it does. */
export function addWorkerCommand(program: Command, perform: Perform): void {
  const command = program
    .command('worker')
    .description("join a coordinator's run and compute for it")
    .argument(
      '<url>',
      'where the coordinator listens: ws:// or wss://, host, port, and the path of a proxy; or unix:PATH; or where it stands who leads: etcd://HOST:PORT/NAME',
    )
    .addHelpText('after', EXAMPLES)
    .optionsGroup('Worker:')
    .addOption(kernelsOption())
    .option('--insecure', 'let other workers connect from beyond this machine without TLS', false);
  addComputingOptions(command, {
    name: 'host and process',
    listen: 'a free port, or a Unix socket',
    threads: defaultThreads(),
  });
  addTrustOptions(command, {
    cert: 'show this certificate to the coordinator, and serve other workers with it',
    ca: 'trust certificates of this authority',
  });
  command.optionsGroup('Output:').addOption(jsonOption());
  addMetricsOptions(command);
  command.action((url: string) => {
    const flags = command.opts<WorkerFlags>();
    return perform((session) => runWorker(url, flags, session));
  });
}

/** @param defaults what each is by default, in words */
export function addComputingOptions(
  command: Command,
  defaults: { readonly threads: string; readonly name: string; readonly listen: string },
): void {
  command
    .option(
      '--threads <n>',
      `compute threads (default: ${defaults.threads})`,
      wholeNumber(1, MOST.threads),
    )
    .option('--name <name>', `of the worker, for people (default: ${defaults.name})`, nonEmpty)
    .option(
      '--listen <host:port>',
      `where other workers reach this one, for a mesh (default: ${defaults.listen})`,
      address,
    )
    .addOption(
      new Option(
        '--transport <name>',
        'what carries sums between workers; mpi: between ranks of one MPI job, and sockets otherwise',
      )
        .choices(['auto', 'mpi'])
        .default('auto'),
    )
    .addOption(
      new Option(
        '--give-up-after <seconds>',
        'end when there was no coordinator for so long; or never',
      )
        .argParser(seconds)
        .default(600),
    );
}

async function runWorker(url: string, flags: WorkerFlags, session: Session): Promise<void> {
  const token = await givenToken(flags, session.env);
  if (token === undefined) {
    throw new UsageError(
      'there is no token; set LOCKSTEP_TOKEN or give --token-file. The coordinator shows the whole command when it starts',
    );
  }
  const pass = { token, ...(await readTls(flags)) };
  await performWorker(url, flags, pass, session, { json: flags.json });
}

/**
 * Computes for a coordinator until its run is over.
 *
 * @throws UsageError if the flags cannot be used; LockstepError if the run failed, or there was no coordinator; the signal's
 *   reason if it was stopped
 */
export async function performWorker(
  url: string,
  flags: ComputingFlags & MetricsFlags,
  { token, pair, ca }: Pass,
  session: Session,
  { json, onEvent, tellResult }: WorkerTelling,
): Promise<void> {
  const { screen, signal } = session;
  tuneCollector();
  const {
    threads,
    kernels,
    name = defaultName(),
    listen,
    insecure,
    transport,
    giveUpAfter,
  } = flags;
  if (!json) {
    noteQuota(threads, screen);
    noteKernels(kernels, screen);
  }
  const watchers = await prepareWorkerWatchers(flags, name, session);
  await watchers.during(async () => {
    let status: WorkerStatus | undefined;
    const run = work(url, {
      ...{ token, threads, kernels, name, listen, insecure, signal },
      giveUpAfterMs: 1000 * giveUpAfter,
      mpi: transport === 'mpi',
      tls: pair || ca !== undefined ? { ...pair, ...(ca !== undefined && { ca }) } : undefined,
      onStatus: (now) => {
        status = now;
      },
    });
    await watchers.begin(run);
    const lines = new WorkerLines(screen, tellResult);
    screen.show((columns) => (status ? statusLine(status, columns) : ''));
    try {
      for await (const event of run) {
        // What is wrong with where it listens, or with MPI, is found before it dials.
        session.markBegun();
        if (json) screen.out(jsonLine(event).trimEnd());
        else lines.tell(event);
        await watchers.onEvent(event);
        await onEvent?.(event);
      }
    } finally {
      screen.hide();
    }
    const { finished, reason } = await run.result();
    if (finished) return;
    signal.throwIfAborted();
    throw new LockstepError('worker', reason);
  });
}

/** How a coordinator's own machine computes. */
export interface LocalFlags {
  readonly localThreads: number;
  readonly kernels: KernelsChoice;
}

/** A worker in the coordinator's own process. It would wait for a coordinator that is gone: the signal ends it. */
export async function runLocalWorker(
  run: ClusterRun,
  { localThreads: threads, kernels }: LocalFlags,
  signal: AbortSignal,
): Promise<void> {
  const { datasets: data } = run;
  await work(async () => run.connect(), { threads, kernels, name: 'local', data, signal }).result();
}
