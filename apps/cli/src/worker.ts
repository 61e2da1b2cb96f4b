// `lockstep worker URL`: joins a coordinator's run and computes for it until it is over.
import type { ClusterRun } from '@lockstep/coordinator';
import { LockstepError } from '@lockstep/core';
import { type WorkerEvent, type WorkerStatus, work } from '@lockstep/worker';
import type { Command } from 'commander';
import { tuneCollector } from './collector.js';
import { UsageError } from './errors.js';
import {
  address,
  addTrustOptions,
  defaultName,
  givenToken,
  readTls,
  type TrustFlags,
} from './network-options.js';
import { nonEmpty, wholeNumber } from './option-values.js';
import { jsonOption } from './options.js';
import { cut } from './progress-line.js';
import type { Perform, Session } from './session.js';
import { formatCount, formatLoss, plural } from './wording.js';

const EXAMPLES = `
Examples:
  $ LOCKSTEP_TOKEN=... lockstep worker ws://192.168.1.20:7070
  $ lockstep worker wss://train.example.org:7070 --token-file token --tls-ca ca.pem --threads 8

It needs no data and no code: it fetches what the run is about, computes its shards, reconnects by itself,
and ends when the run is over.`;

interface WorkerFlags extends TrustFlags {
  readonly threads?: number;
  readonly name?: string;
  readonly listen?: { readonly host: string; readonly port: number };
  readonly insecure: boolean;
  readonly json: boolean;
}

/** Adds the command to a program; `perform` runs what it does. */
export function addWorkerCommand(program: Command, perform: Perform): void {
  const command = program
    .command('worker')
    .description("join a coordinator's run and compute for it")
    .argument('<url>', 'where the coordinator listens: ws:// or wss://')
    .addHelpText('after', EXAMPLES)
    .optionsGroup('Worker:')
    .option('--threads <n>', 'compute threads (default: all cores)', wholeNumber(1))
    .option('--name <name>', 'shown to people (default: host and process)', nonEmpty)
    .option(
      '--listen <host:port>',
      'where other workers reach this one, for a mesh (default: a free port)',
      address,
    )
    .option('--insecure', 'let other workers connect from beyond this machine without TLS', false);
  addTrustOptions(command, {
    cert: 'show this certificate to the coordinator, and serve other workers with it',
    ca: 'trust certificates of this authority',
  });
  command.optionsGroup('Output:').addOption(jsonOption());
  command.action((url: string) => {
    const flags = command.opts<WorkerFlags>();
    return perform((session) => runWorker(url, flags, session));
  });
}

async function runWorker(url: string, flags: WorkerFlags, session: Session): Promise<void> {
  const { screen, signal, env } = session;
  tuneCollector();
  checkUrl(url);
  const token = await givenToken(flags, env);
  if (token === undefined) {
    throw new UsageError(
      'there is no token; set LOCKSTEP_TOKEN or give --token-file. The coordinator shows the whole command when it starts',
    );
  }
  const { pair, ca } = await readTls(flags);
  const { threads, name = defaultName(), listen, insecure, json } = flags;
  let status: WorkerStatus | undefined;
  const run = work(url, {
    ...{ token, threads, name, listen, insecure, signal },
    tls: pair || ca !== undefined ? { ...pair, ...(ca !== undefined && { ca }) } : undefined,
    onStatus: (now) => {
      if (!screen.isLive && !json && now.doing !== status?.doing) screen.note(now.doing);
      status = now;
    },
  });
  session.markBegun();
  screen.show((columns) => (status ? statusLines(status, columns) : ''));
  try {
    for await (const event of run) {
      if (json) screen.out(JSON.stringify(event));
      else tell(event, session);
    }
  } finally {
    screen.hide();
  }
  const { finished, reason } = await run.result();
  if (finished) return;
  signal.throwIfAborted();
  throw new LockstepError('worker', reason);
}

/** A worker in the coordinator's own process. It would wait for a coordinator that is gone: the signal ends it. */
export async function runLocalWorker(
  run: ClusterRun,
  threads: number,
  signal: AbortSignal,
): Promise<void> {
  const { datasets: data } = run;
  await work(async () => run.connect(), { threads, name: 'local', data, signal }).result();
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['ws:', 'wss:'].includes(url.protocol)) return;
  throw new UsageError(`worker ${text}: expected ws://HOST:PORT or wss://HOST:PORT`);
}

function tell(event: WorkerEvent, { screen }: Session): void {
  switch (event.event) {
    case 'connected':
      screen.err(`connected to ${event.url}`);
      break;
    case 'disconnected':
      screen.warn(`lost the coordinator: ${event.reason}`);
      break;
    case 'dataset':
      screen.note(`data: ${event.name} (${event.source})`);
      break;
    case 'joined':
      screen.err(`joined as ${event.name} with ${plural(event.threads, 'thread')}`);
      break;
    case 'generation': {
      const { generation, members, topology, first, end } = event;
      const shards = end > first ? `shards ${first} to ${end - 1}` : 'no shards';
      screen.note(
        `generation ${generation}: ${shards}; ${plural(members.length, 'worker')} (${topology})`,
      );
      break;
    }
    case 'run-end':
      screen.out(`the run is over at step ${formatCount(event.step)}`);
      screen.out(`weights   sha256 ${event.weightsHash}`);
      break;
    case 'progress':
      break;
  }
}

/** What it does, and how its time goes. */
function statusLines({ doing, step, steps, pace }: WorkerStatus, columns: number): string {
  const parts = [doing];
  if (step !== undefined && steps !== undefined) {
    parts.push(`step ${formatCount(step)}/${formatCount(steps)}`);
  }
  if (pace) {
    const { loss, computeMs, sendMs, waitMs } = pace;
    parts.push(
      `loss ${formatLoss(loss)}`,
      `${computeMs.toFixed(2)} ms computing, ${sendMs.toFixed(2)} sending, ${waitMs.toFixed(2)} waiting`,
    );
  }
  return cut(parts.join('  '), columns);
}
